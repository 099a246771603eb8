"""Breaks each rule in a copy of the files: every edit must be refused, by the rules that it breaks alone.

An edit is a file, a text in it, the text to put there instead, and for each rule that must complain what it says.
"""
import sys, tempfile
from pathlib import Path
import rules

ROOT = Path(__file__).resolve().parents[2]
FILES = ("docker-compose.yml", "Dockerfile", ".dockerignore", "lanekeeper", ".ci/tools/go.mod",
         "workflows/src/main/java/dev/lanekeeper/workflow/LaneAttributes.java")
C, D, I = FILES[:3]
DATA, PG, OWN = "- database:/var", "image: postgres:15.18-bookworm\n", "  read_only: true\n"
CONFINED = '  cap_drop: [ALL]\n  security_opt: ["no-new-privileges:true"]\n  volumes'
UI_CHECK = 'test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1:8080/healthz"]'
PASSWORD, PLACED = "POSTGRES_PASSWORD_FILE: /run/secrets/postgres-password", "COPY examples /opt/lanekeeper/examples\n"
EDITS = (
    # What Docker Compose's own loader refuses.
    (C, "\nname: lanekeeper\n", "\nname: [lanekeeper\n", "yaml"),
    (C, "    shm_size: 128mb\n", "    shm_sise: 128mb\n", "shm_sise"),
    (C, "file: ./secrets/postgres-password", "content: temporal", "'content' not allowed"),
    (C, "{condition: service_healthy}", "{condition: service_well}", "condition"),
    # What the rules refuse.
    (C, "postgres: {condition: service_healthy}", "database: {condition: service_healthy}", "services to depend on, found {'database'}"),
    (C, "    shm_size: 128mb\n", "    depends_on: {temporal: {condition: service_healthy}}\n", "found a circle"),
    (C, DATA, "- data:/var", "a declared volume or a read-only folder at /var/lib/postgresql/data"),
    (C, "secrets: [postgres-password]", "secrets: [password]", "secrets that the file declares"),
    (C, "\nname: lanekeeper\n", "\n", "a top-level name"),
    (C, "file: ./secrets/postgres-password", "file: ./postgres-password", "a file of the folder secrets"),
    (C, "postgres:15.18-bookworm", "registry.example:5000/postgres", "a tag of an exact version", "cap_drop"),
    (C, "postgres:15.18-bookworm", "postgres:15", "a tag of an exact version"),
    (C, "temporalio/server:1.32.0", "temporalio/server:1.31.0", "a version that .ci/tools builds"),
    (C, UI_CHECK, "disable: true", "temporal-ui: expected a health check"),
    (C, DATA, "- /var", "a declared volume or"),
    (C, DATA, "- ./database:/var", "a declared volume or"),
    (C, "127.0.0.1:7233:7233", "0.0.0.0:7233:7233", "port 7233 on 127.0.0.1, found 0.0.0.0"),
    (C, PG, PG + "    network_mode: host\n", "found network_mode: host"),
    (C, PG, PG + "    privileged: true\n", "postgres: expected no privilege"),
    (C, OWN, "", "read_only: true, found none"),
    (C, OWN, OWN + '  user: "0:0"\n', "a user other than root"),
    (C, '  tmpfs: ["/tmp:mode=1777"]\n', "", "a tmpfs at /tmp"),
    (C, CONFINED, CONFINED.replace("ALL", "NET_RAW"), "found ['NET_RAW'] and None"),
    (C, OWN, OWN + "  cap_add: [CHOWN]\n", "found ['ALL'] and ['CHOWN']"),
    (C, CONFINED, "  cap_drop: [ALL]\n  volumes", "no-new-privileges:true alone, found None"),
    (C, '["no-new-privileges:true"]\n    shm', '["no-new-privileges:true", "seccomp:unconfined"]\n    shm', "no-new-privileges:true alone"),
    (C, PASSWORD, "POSTGRES_PASSWORD: ${PASSWORD:-temporal}", "no literal secret in POSTGRES_PASSWORD"),
    (C, 'SQL_PASSWORD="$$(cat /run/secrets/postgres-password)"', "SQL_PASSWORD=temporal", "no literal secret in its command"),
    (C, "temporal-sql-tool --db", "temporal-sql-tool --pw temporal --db", "no literal secret in its command"),
    (C, "SQL_HOST: postgres", "SQL_HOST: postgres://temporal:temporal@postgres", "no literal secret in SQL_HOST"),
    # Then nothing says any more that it ends.
    (C, "temporal-schema: {condition: service_completed_successfully}", "temporal-schema: {condition: service_started}",
     "a condition for temporal-schema", "temporal-schema: expected a health check"),
    (C, "  restart: on-failure:5\n", "  restart: always\n", "to end, found restart: always"),
    (C, "    healthcheck:\n      # By TCP", "    x-healthcheck:\n      # By TCP", "postgres: expected a health check",
     "postgres to have a health check to wait for"),
    (C, "--identity, reviewer]", "--identity, executor]", "two identities"),
    (C, "--role, reviewer,", "--role, both,", "an executor and a reviewer"),
    (C, "  reviewer:\n    <<: *worker\n", '  reviewer:\n    <<: *worker\n    volumes: ["database:/var/lib/lanekeeper"]\n', "homes: expected one"),
    (C, "          --name LaneStage --type Keyword \\\n", "", "search attributes"),
    (D, "WORKDIR /src", "WORKDIRS /src", "FROM and other instructions, found ['WORKDIRS']"),
    (D, "eclipse-temurin:17.0.19_10-jre-noble", "eclipse-temurin:17-jre", "a base image with a tag of an exact version"),
    (D, "USER 10001:10001\n", "", "USER other than root, found ''"),
    (D, PLACED, PLACED + "ENV DB_PASSWORD=x\n", "no secret, found ENV"),
    (D, PLACED, PLACED + "ARG REGISTRY_TOKEN\n", "no secret, found ARG"),
    (D, PLACED, PLACED + "RUN fetch --password hunter2\n", "no secret, found RUN"),
    (D, PLACED, PLACED + "ADD https://example.com/x /x\n", "found ADD"),
    (D, "RUN mvn ", "RUN gradle ", "builds with Maven"),
    (D, '  CMD ["wget"', '  CMD ["false"', "the executor's HEALTHCHECK"),
    (D, '"-jar", "/opt/lanekeeper/lanekeeper.jar"', '"-jar", "/lanekeeper.jar"', "a jar that COPY placed"),
    (D, '"-XX:+UseSerialGC", ', "", "found no -XX:+UseSerialGC"),
    (I, "!starter\n", "!starter\n!secrets\n", "secrets/postgres-password kept out"),
    (I, "**/target\n", "", "starter/target/lanekeeper.jar kept out"),
    (I, "!worker\n", "", "expected ['worker'], which is copied"),
)

heard, faults = set(), []
for edit in EDITS:
    with tempfile.TemporaryDirectory() as folder:
        for name in FILES:
            text, copy = (ROOT / name).read_text(), Path(folder).resolve() / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text.replace(edit[1], edit[2], 1) if name == edit[0] else text)
        found = rules.broken(Path(folder).resolve())
    heard.update(line for _, line in found)
    silent = [wanted for wanted in edit[3:] if not any(wanted in complaint for complaint, _ in found)]
    beside = [complaint for complaint, _ in found if not any(wanted in complaint for wanted in edit[3:])]
    if silent or beside:
        faults.append(f"{edit[0]} with {edit[2]!r} for {edit[1]!r}: expected to hear {silent}, found beside it {beside}")
source = Path(rules.__file__).read_text().splitlines()
faults += [f"no edit breaks the rule of rules.py:{n}: {line.strip()}" for n, line in enumerate(source, 1)
           if line.strip().startswith("rule(") and n not in heard]
sys.exit("\n".join("compose: " + fault for fault in faults) or 0)
