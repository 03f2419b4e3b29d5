/*
 * types.h
 *		Datums of SQL types rawpoint and statpoint.
 *
 * Both are passed by reference and are never toasted.
 */
#ifndef BTR_TYPES_H
#define BTR_TYPES_H

#include "fmgr.h"

#include "types/point.h"

StaticAssertDecl(sizeof(BtrPoint) == 16, "size of type rawpoint");
StaticAssertDecl(sizeof(BtrStatPoint) == 48, "size of type statpoint");

#define DatumGetBtrPoint(X)			((BtrPoint *) DatumGetPointer(X))
#define BtrPointGetDatum(X)			PointerGetDatum(X)
#define PG_GETARG_BTR_POINT(n)		DatumGetBtrPoint(PG_GETARG_DATUM(n))
#define PG_RETURN_BTR_POINT(x)		return BtrPointGetDatum(x)

#define DatumGetBtrStatPoint(X)		((BtrStatPoint *) DatumGetPointer(X))
#define BtrStatPointGetDatum(X)		PointerGetDatum(X)
#define PG_GETARG_BTR_STAT_POINT(n)	DatumGetBtrStatPoint(PG_GETARG_DATUM(n))
#define PG_RETURN_BTR_STAT_POINT(x)	return BtrStatPointGetDatum(x)

#endif							/* BTR_TYPES_H */
