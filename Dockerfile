# The worker, and the command line. Base images are pinned by tag; see docker-compose.yml.
FROM maven:3.9.11-eclipse-temurin-17 AS build
WORKDIR /src
COPY .mvn .mvn
COPY pom.xml ./
COPY workflows workflows
COPY activities activities
COPY worker worker
COPY starter starter
RUN mvn -B -ntp -DskipTests -Dspotless.check.skip=true package

FROM eclipse-temurin:17.0.19_10-jre-noble
RUN groupadd --system --gid 10001 lanekeeper \
 && useradd --system --uid 10001 --gid 10001 --home-dir /var/lib/lanekeeper --no-create-home --shell /usr/sbin/nologin lanekeeper \
 && install -d -o 10001 -g 10001 -m 700 /var/lib/lanekeeper
COPY --from=build /src/starter/target/lanekeeper.jar /opt/lanekeeper/lanekeeper.jar
COPY --from=build /src/starter/target/lib /opt/lanekeeper/lib
COPY examples /opt/lanekeeper/examples
# Health and metrics, for whoever shares a network with the worker.
ENV LANEKEEPER_HOME=/var/lib/lanekeeper LANEKEEPER_HEALTH_HOST=0.0.0.0 LANEKEEPER_HEALTH_PORT=9464
WORKDIR /var/lib/lanekeeper
USER 10001:10001
# The flags of the launcher ./lanekeeper, without its class-data archive.
ENTRYPOINT ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto", "-Xlog:disable", "-Xlog:all=off", "-Dlanekeeper.command=lanekeeper", "-Dlanekeeper.examples=/opt/lanekeeper/examples", "-jar", "/opt/lanekeeper/lanekeeper.jar"]
CMD ["--help"]
# The same as in docker-compose.yml.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9464/readyz"]
