"""Breaks each rule in a copy of the files: every edit must be refused, by the rules that it breaks alone.

An edit is a file, what stands in it, what stands there instead, and for each rule that must complain what it says.
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
PASSWORD_FILE, PLACED = "POSTGRES_PASSWORD_FILE: /run/secrets/postgres-password", "COPY examples /opt/lanekeeper/examples\n"
SECRET_IN = "no literal secret in POSTGRES_PASSWORD"
EDITS = (
    # What Docker Compose's own loader refuses.
    (C, "\nname: lanekeeper\n", "\nname: [lanekeeper\n", "yaml"),
    (C, "    shm_size: 128mb\n", "    shm_sise: 128mb\n", "shm_sise"),
    (C, "file: ./secrets/postgres-password", "content: temporal", "'content' not allowed"),
    (C, "{condition: service_healthy}", "{condition: service_well}", "condition"),
    # What the rules refuse.
    (C, "postgres: {condition: service_healthy}", "database: {condition: service_healthy}", "to depend on services, found {'database'}"),
    (C, "    shm_size: 128mb\n", "    depends_on: {temporal: {condition: service_healthy}}\n", "found a circle"),
    (C, DATA, "- data:/var", "a named volume at /var/lib/postgresql/data that volumes declares, found data"),
    (C, "secrets: [postgres-password]", "secrets: [password]", "secrets that the file declares"),
    (C, "\nname: lanekeeper\n", "\n", "a top-level name"),
    (C, "file: ./secrets/postgres-password", "file: ./postgres-password", "a file of the folder secrets"),
    (C, "file: ./secrets/postgres-password", "environment: PASSWORD", "a file of the folder secrets"),
    (C, "postgres:15.18-bookworm", "postgres:latest", "a tag of an exact version, found 'postgres:latest'"),
    (C, "postgres:15.18-bookworm", "registry.example:5000/postgres", "a tag of an exact version", "cap_drop"),
    (C, "postgres:15.18-bookworm", "postgres:15", "a tag of an exact version"),
    (C, "temporalio/server:1.32.0", "temporalio/server:1.31.0", "version 1.32.0, which .ci/tools builds"),
    (C, "    healthcheck:\n      " + UI_CHECK, "    x-healthcheck:\n      " + UI_CHECK, "temporal-ui: expected a health check"),
    (C, UI_CHECK, "disable: true", "temporal-ui: expected a health check"),
    (C, DATA, "- /var", "that volumes declares, found None"),
    (C, DATA, "- ./database:/var", "found a folder to write to"),
    (C, DATA, "- type: tmpfs\n        target: /var", "found type tmpfs"),
    (C, "127.0.0.1:8080:8080", "8080:8080", "port 8080 on 127.0.0.1, found None"),
    (C, "127.0.0.1:7233:7233", "0.0.0.0:7233:7233", "port 7233 on 127.0.0.1, found 0.0.0.0"),
    (C, PG, PG + "    network_mode: host\n", "found the host's"),
    (C, PG, PG + "    privileged: true\n", "postgres: expected no privilege"),
    (C, OWN, "", "read_only: true, found none"),
    (C, OWN, OWN + '  user: "0:0"\n', "a user other than root"),
    (C, '  tmpfs: ["/tmp:mode=1777"]\n', "", "a tmpfs at /tmp"),
    (C, CONFINED, CONFINED.replace("ALL", "NET_RAW"), "found ['NET_RAW'] and None"),
    (C, OWN, OWN + "  cap_add: [CHOWN]\n", "found ['ALL'] and ['CHOWN']"),
    (C, CONFINED, "  cap_drop: [ALL]\n  volumes", "no-new-privileges:true alone, found None"),
    (C, '["no-new-privileges:true"]\n    shm', '["no-new-privileges:true", "seccomp:unconfined"]\n    shm', "no-new-privileges:true alone"),
    (C, PASSWORD_FILE, "POSTGRES_PASSWORD: temporal", SECRET_IN),
    (C, PASSWORD_FILE, "POSTGRES_PASSWORD: ${PASSWORD:-temporal}", SECRET_IN),
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
    (D, "WORKDIR /src", "WORKDIRS /src", "an instruction, found WORKDIRS"),
    (D, "eclipse-temurin:17.0.19_10-jre-noble", "eclipse-temurin:17-jre", "a base image with a tag of an exact version"),
    (D, "maven:3.9.11-eclipse-temurin-17", "maven", "a base image with a tag of an exact version"),
    (D, "USER 10001:10001\n", "", "USER other than root, found ''"),
    (D, "USER 10001:10001\n", "USER 10001\nUSER root\n", "USER other than root, found 'root'"),
    (D, PLACED, PLACED + "ENV DB_PASSWORD=x\n", "no secret, found ENV"),
    (D, PLACED, PLACED + "ARG REGISTRY_TOKEN\n", "no secret, found ARG"),
    (D, PLACED, PLACED + "RUN fetch --password hunter2\n", "found one in RUN"),
    (D, PLACED, PLACED + "ADD https://example.com/x /x\n", "found ADD"),
    (D, "RUN mvn ", "RUN gradle ", "builds with Maven"),
    (D, '  CMD ["wget"', '  CMD ["false"', "the executor's HEALTHCHECK"),
    (D, '"-jar", "/opt/lanekeeper/lanekeeper.jar"', '"-jar", "/lanekeeper.jar"', "a jar that COPY placed"),
    (D, '"-XX:+UseSerialGC", ', "", "found no -XX:+UseSerialGC"),
    (I, "!starter\n", "!starter\n!secrets\n", "secrets/postgres-password kept out"),
    (I, "**/target\n", "", "starter/target/lanekeeper.jar kept out"),
    (I, "!worker\n", "", "worker, which is copied, let into"),
)


def copy(folder, edit=("", "", "")):
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / name).read_text()
        if name == edit[0] and edit[1] not in text:
            sys.exit(f"compose: rules_test.py: {name} has no {edit[1]!r} any more")
        (folder / name).write_text(text.replace(edit[1], edit[2], 1) if name == edit[0] else text)
    return rules.broken(folder)


heard, faults = set(), []
for edit in EDITS:
    with tempfile.TemporaryDirectory() as folder:
        found = copy(Path(folder).resolve(), edit)
    heard.update(line for _, line in found)
    silent = [wanted for wanted in edit[3:] if not any(wanted in complaint for complaint, _ in found)]
    beside = [complaint for complaint, _ in found if not any(wanted in complaint for wanted in edit[3:])]
    if silent or beside:
        faults.append(f"{edit[0]} with {edit[2]!r} for {edit[1]!r}: nothing said {silent}, and beside it {beside}")
source = Path(rules.__file__).read_text().splitlines()
faults += [f"no edit breaks the rule of rules.py:{n}: {line.strip()}" for n, line in enumerate(source, 1)
           if line.strip().startswith("say(") and n not in heard]
for fault in faults:
    print("compose: " + fault, file=sys.stderr)
sys.exit(len(faults) > 0)
