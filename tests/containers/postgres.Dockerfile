# Stands in for the official Postgres image where no image registry can be reached: Debian's packages, same variables.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-17 \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o postgres -g postgres -m 0700 /var/lib/postgresql/data
ENV PATH=/usr/lib/postgresql/17/bin:$PATH PGDATA=/var/lib/postgresql/data/pgdata
COPY postgres-start.sh /usr/local/bin/
USER postgres
CMD ["sh", "/usr/local/bin/postgres-start.sh"]
