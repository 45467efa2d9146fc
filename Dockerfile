# One image for portal, worker and command line. An ordinary user runs it, and it writes nothing but /data and /tmp.

FROM python:3.11.14-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/reviews
COPY requirements/run.txt requirements/run.txt
RUN /opt/reviews/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/run.txt
COPY . .
RUN /opt/reviews/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation . \
    && /opt/reviews/bin/python -m compileall -q /opt/reviews/lib || true

FROM python:3.11.14-slim-bookworm
# What PDF is set with; without it every page works, and the PDF of a pack says what is missing.
RUN apt-get update && apt-get install --yes --no-install-recommends fonts-liberation libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --no-create-home --home-dir /tmp reviews && install --directory --owner reviews --group reviews --mode 0700 /data
COPY --from=build /opt/reviews /opt/reviews
ENV PATH=/opt/reviews/bin:$PATH REVIEWS_DATA_DIR=/data PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /
USER 10001:10001
CMD ["reviews", "--help"]
