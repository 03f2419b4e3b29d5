# PostgreSQL 15 with btrdb:
#
#	docker build -t btrdb .
#	docker run -d --name btrdb -e POSTGRES_PASSWORD=secret -p 127.0.0.1:5432:5432 btrdb
#	docker exec -it btrdb psql -U postgres
#
# The extension is created in database postgres when the container first starts.
FROM postgres:15-bookworm AS build
RUN apt-get update \
	&& apt-get install -y --no-install-recommends gcc libc6-dev make postgresql-server-dev-15 uuid-dev \
	&& rm -rf /var/lib/apt/lists/*
COPY . /build
RUN make -C /build with_llvm=no \
	&& make -C /build install DESTDIR=/installed with_llvm=no

FROM postgres:15-bookworm
RUN apt-get update \
	&& apt-get install -y --no-install-recommends libuuid1 \
	&& rm -rf /var/lib/apt/lists/*
COPY --from=build /installed /
RUN echo 'CREATE EXTENSION btrdb;' > /docker-entrypoint-initdb.d/btrdb.sql
# the background worker, for databases that are never maintained by hand
CMD ["postgres", "-c", "shared_preload_libraries=btrdb"]
