/*
 * worker.h
 *		What launcher and workers of the background maintenance share.
 */
#ifndef BTR_WORKER_H
#define BTR_WORKER_H

#include "storage/dsm.h"

/* In shared memory; one worker runs at a time. */
typedef struct BtrWorkerReport
{
	volatile bool unfinished;	/* there was more to do than time */
} BtrWorkerReport;

/* Registers the launcher if the library is being preloaded. */
extern void BtrRegisterLauncher(void);

#endif							/* BTR_WORKER_H */
