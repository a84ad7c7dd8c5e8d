# claimcheck as a container: docs/guides/containers.md.
#
#   docker build --tag claimcheck .
#   docker run --rm --read-only --tmpfs /tmp --network none --volume "$PWD:/work:ro" claimcheck check batch.837
#
# EXTRAS are those of the package: html for the report, arrow for Parquet and Arrow.
FROM python:3.11-slim AS build
ARG EXTRAS=html,arrow
WORKDIR /src
COPY constraints.txt pyproject.toml README.md LICENSE NOTICE ./
COPY src src
COPY rules rules
# Without pip in what is copied on. The first run keeps the tables of the book that comes along beside the bytecode, so
# that a container with a read-only root need not make them each time.
RUN python -m venv --without-pip /opt/claimcheck \
    && python -m pip --python /opt/claimcheck/bin/python install --no-cache-dir --constraint constraints.txt ".[${EXTRAS}]" \
    && /opt/claimcheck/bin/python -m compileall -q /opt/claimcheck/lib \
    && /opt/claimcheck/bin/claimcheck explain 99213 --on 2025-01-02 >/dev/null

FROM python:3.11-slim
COPY --from=build /opt/claimcheck /opt/claimcheck
# The rule book of your own releases is a volume: `claimcheck rules add` writes it, and every other command only reads it.
# Without one the book that comes along is used.
ENV PATH=/opt/claimcheck/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    XDG_DATA_HOME=/rules
RUN install -d -o 10001 -g 10001 /rules /rules/claimcheck /work
USER 10001:10001
VOLUME /rules
WORKDIR /work
ENTRYPOINT ["claimcheck"]
CMD ["--help"]
