"""The rules of docker-compose.yml and Dockerfile: rules.py FOLDER prints those that are broken.

compose-go, the loader of Docker Compose, reads the one; the other is read here, as far as the rules and the run need it.
"""
import json, os, re, shlex, subprocess, sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

EXACT = re.compile(r":v?\d+\.\d+[\w.-]*$")
SECRET_NAME = re.compile(r"(?i)(PASSWORD|PASSWD|PASSPHRASE|_PWD$|^PWD$|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIAL)")
SECRET = re.compile(r"""(?ix)[a-z]+://[^/\s:@]*:(?!\$)[^@\s/]+@
    | (?:password|passwd|_pwd|secret|token)["']?\s*[=:]\s*["']?(?!["'$\s])\S | --(?:pw|password)[=\s]+["']?(?!["'$\s])\S""")
VARIABLE = re.compile(r"\$(\w+|\{\w+(:?\?[^}]*)?\})")
INSTRUCTIONS = "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL RUN SHELL STOPSIGNAL USER VOLUME WORKDIR".split()
HEALTHY, COMPLETED = "service_healthy", "service_completed_successfully"

class Refused(Exception):
    """Files that say nothing that a rule could look at."""

def load(folder, *flags):
    """A project as Docker Compose reads it, with every profile and without this process's environment."""
    loader = subprocess.run([os.environ["COMPOSE_LOADER"], *flags, "--format", "json", "docker-compose.yml"], cwd=folder,
                            env={"COMPOSE_PROFILES": "*"}, capture_output=True, text=True)
    if loader.returncode:
        raise Refused("docker-compose.yml: " + loader.stderr.strip())
    return json.loads(loader.stdout)

def order(services):
    """The services, each after those that it depends on."""
    try:
        names = [*TopologicalSorter({name: s.get("depends_on", {}) for name, s in services.items()}).static_order()]
    except CycleError as circle:
        raise Refused(f"docker-compose.yml: expected an order to start in, found a circle: {circle.args[1]}")
    if unknown := set(names) - set(services):
        raise Refused(f"docker-compose.yml: expected services to depend on, found {unknown}")
    return names

def stages(folder):
    """The stages of the Dockerfile, each a list of (instruction, rest of the line)."""
    text = re.sub(r"(?m)^\s*#.*\n?", "", Path(folder, "Dockerfile").read_text()).replace("\\\n", " ")
    lines = [(line.split()[0], line.strip().partition(" ")[2].strip()) for line in text.splitlines() if line.strip()]
    if unknown := [word for word, _ in lines if word not in INSTRUCTIONS] or lines[0][0] != "FROM":
        raise Refused(f"Dockerfile: expected FROM and other instructions, found {unknown}")
    starts = [n for n, (word, _) in enumerate(lines) if word == "FROM"]
    return [lines[a:b] for a, b in zip(starts, starts[1:] + [None])]

def last(stage, word):
    """What an instruction says that counts once, the last time."""
    return ([rest for found, rest in stage if found == word] or [""])[-1]

def words(line):
    return json.loads(line) if line.startswith("[") else ["/bin/sh", "-c", line] if line else []

def option(command, name):
    return (command[command.index(name) + 1:] or [""])[0] if name in command else ""

def one_shot(services, name):
    """Whether another service waits for the end of this one."""
    return any(s.get("depends_on", {}).get(name, {}).get("condition") == COMPLETED for s in services.values())

def has_health(service):
    check = service.get("healthcheck", {})
    return not check.get("disable") and check.get("test", ["NONE"])[0] != "NONE"

def broken(folder):
    """The rules that a folder breaks: pairs of a complaint and its rule's line here."""
    found = []

    def rule(kept, complaint):
        if not kept:
            found.append((complaint, sys._getframe(1).f_lineno))

    try:
        project, raw, built = load(folder), load(folder, "--no-interpolation", "--no-consistency"), stages(folder)
        order(project["services"])
    except Refused as refused:
        return [(str(refused), 0)]
    project_rules(Path(folder), project, rule)
    for name in sorted(project["services"]):
        service_rules(Path(folder), project, name, raw["services"][name], rule)
    dockerfile_rules(Path(folder), project["services"], built, rule)
    return found

def project_rules(folder, project, rule):
    services = project["services"].values()
    rule(re.search(r"(?m)^name: \S", (folder / "docker-compose.yml").read_text()), "expected a top-level name, found none")
    for name, secret in project.get("secrets", {}).items():
        kept = Path(secret.get("file", "/")).parent == folder / "secrets"
        rule(kept, f"secret {name}: expected a file of the folder secrets, which git and the build leave out, found {secret}")
    workers = {option(s["command"], "--role"): option(s["command"], "--identity") for s in services if "worker" in (s.get("command") or [])}
    rule(workers.keys() == {"executor", "reviewer"}, f"workers: expected an executor and a reviewer, found {sorted(workers)}")
    rule(len(set(workers.values())) == len(workers), f"workers: expected two identities, found {workers}")
    homes = {str(v.get("source")) for s in services if "build" in s for v in s["volumes"] if v["type"] == "volume"}
    rule(len(homes) == 1, f"homes: expected one, found {sorted(homes)}")
    attributes = (folder / "workflows/src/main/java/dev/lanekeeper/workflow/LaneAttributes.java").read_text()
    wanted = sorted(re.findall(r'forKeyword\("(\w+)"\)', attributes))
    made = sorted(re.findall(r"--name (\w+) --type Keyword", json.dumps(project)))
    rule(made == wanted != [], f"search attributes: expected {wanted}, found {made}")

def service_rules(folder, project, name, raw, rule):
    services, service = project["services"], project["services"][name]
    who, image = f"service {name}: expected", service.get("image", "")
    pins = dict(re.findall(r"(?m)^\s*(\S+) v(\S+)", (folder / ".ci/tools/go.mod").read_text()))
    server, ui = pins["go.temporal.io/server"], pins["github.com/temporalio/ui-server/v2"]
    wanted = f"temporalio/server:{server} temporalio/admin-tools:{server} temporalio/ui:{ui}".split()
    rule(EXACT.search(image), f"{who} an image with a tag of an exact version, found {image}")
    rule("temporalio/" not in image or image in wanted, f"{who} a version that .ci/tools builds, {wanted}, found {image}")
    stays = not one_shot(services, name) and not service.get("profiles")
    rule(has_health(service) or not stays, f"{who} a health check of a service that stays, found none")
    for v in service.get("volumes", []):
        kept = v["type"] == "volume" and v.get("source") in project.get("volumes", {}) or v["type"] == "bind" and v.get("read_only")
        rule(kept, f"{who} a declared volume or a read-only folder at {v['target']}, found {v}")
    for kind in ("secrets", "configs"):
        unknown = {used["source"] for used in service.get(kind, [])} - set(project.get(kind, {}))
        rule(not unknown, f"{who} {kind} that the file declares, found {unknown}")
    for port in service.get("ports", []):
        rule(port.get("host_ip") == "127.0.0.1", f"{who} port {port['target']} on 127.0.0.1, found {port.get('host_ip')}")
    rule("network_mode" not in service, f"{who} a network of its own, found network_mode: {service.get('network_mode')}")
    rule(not service.get("privileged"), f"{who} no privilege, found privileged: true")
    confined = service.get("security_opt") == ["no-new-privileges:true"]
    rule(confined, f"{who} security_opt no-new-privileges:true alone, found {service.get('security_opt')}")
    # PostgreSQL's image gives the volume to its user and becomes that user, and needs its capabilities for that.
    dropped = (service.get("cap_drop") == ["ALL"] or image.startswith("postgres:")) and not service.get("cap_add")
    rule(dropped, f"{who} cap_drop: [ALL] and no cap_add, found {service.get('cap_drop')} and {service.get('cap_add')}")
    rule(service.get("user", "").split(":")[0] not in ("root", "0"), f"{who} a user other than root, found {service.get('user')}")
    rule(service.get("read_only") or "build" not in service, f"{who} read_only: true, found none")
    tmp = any(t.split(":")[0] == "/tmp" for t in service.get("tmpfs", []))
    rule(tmp or "build" not in service, f"{who} a tmpfs at /tmp, found none")
    for key, value in raw.get("environment", {}).items():
        named = SECRET_NAME.search(key) and not key.endswith("_FILE") and not VARIABLE.fullmatch(str(value))
        rule(not value or not named and not SECRET.search(str(value)), f"{who} no literal secret in {key}, found one")
    line = [*(raw.get("entrypoint") or []), *(raw.get("command") or []), *service.get("healthcheck", {}).get("test", [])]
    rule(not SECRET.search(" ".join(line)), f"{who} no literal secret in its command, found one")
    for on, dependency in service.get("depends_on", {}).items():
        condition, restart = dependency["condition"], services[on].get("restart")
        rule(condition in (HEALTHY, COMPLETED), f"{who} a condition for {on} that says when it is ready, found {condition}")
        rule(condition != HEALTHY or has_health(services[on]), f"{who} {on} to have a health check to wait for, found none")
        rule(condition != COMPLETED or restart not in ("always", "unless-stopped"), f"{who} {on} to end, found restart: {restart}")

def dockerfile_rules(folder, services, built, rule):
    who, image, names = "Dockerfile: expected", built[-1], set()
    for stage in built:
        base, *alias = stage[0][1].split()
        rule(base in names or EXACT.search(base), f"{who} a base image with a tag of an exact version, found {base}")
        names.update(alias[1:])
    for word, rest in sum(built, []):
        named = word in ("ENV", "ARG") and any(SECRET_NAME.search(pair.split("=")[0]) for pair in shlex.split(rest))
        rule(not named and not SECRET.search(rest), f"{who} no secret, found {word} {rest}")
        rule(word != "ADD", f"{who} COPY, found ADD, which fetches and unpacks")
    maven = any(word == "RUN" and rest.startswith("mvn ") for word, rest in sum(built[:-1], []))
    rule(maven, f"{who} a stage that builds with Maven before the last one, found none")
    user = last(image, "USER").split(":")[0]
    rule(user not in ("", "root", "0"), f"{who} a USER other than root, found {user!r}")
    health = ["CMD", *words(last(image, "HEALTHCHECK").partition("CMD ")[2].strip())]
    wanted = services.get("executor", {}).get("healthcheck", {}).get("test")
    rule(health == wanted, f"{who} the executor's HEALTHCHECK, {wanted}, found {health}")
    entrypoint, placed = words(last(image, "ENTRYPOINT")), [rest.split()[-1] for word, rest in image if word == "COPY"]
    kept = entrypoint[:1] == ["java"] and option(entrypoint, "-jar") in placed
    rule(kept, f"{who} an ENTRYPOINT that runs java with a jar that COPY placed, found {entrypoint}")
    launcher = re.search(r'exec "\$java" (.*)', (folder / "lanekeeper").read_text())[1]
    missing = [flag for flag in re.findall(r"-X\S+", launcher) if flag not in entrypoint]
    rule(not missing, f"{who} the launcher's flags in ENTRYPOINT, found no {' '.join(missing)}")
    ignore = (folder / ".dockerignore").read_text().split("\n")
    for path in ("secrets/postgres-password", ".env", ".git/config", "starter/target/lanekeeper.jar"):
        rule(not let_in(ignore, path), f".dockerignore: expected {path} kept out of the build, found it let in")
    for word, rest in sum(built, []):
        kept_out = [path for path in rest.split()[:-1] if word == "COPY" and "--from" not in rest and not let_in(ignore, path)]
        rule(not kept_out, f".dockerignore: expected {kept_out}, which is copied, let into the build, found it kept out")

def let_in(patterns, path):
    """Whether a .dockerignore lets a file into a build: the last pattern decides that fits it or a folder above it."""
    steps, answer = path.split("/"), True
    for pattern in patterns:
        glob = re.escape(pattern.strip().lstrip("!").strip("/")).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        if glob and any(re.fullmatch(glob, "/".join(steps[:n + 1])) for n in range(len(steps))):
            answer = pattern.startswith("!")
    return answer

if __name__ == "__main__":
    complaints = broken(Path(sys.argv[1]).resolve())
    sys.exit("\n".join("compose: " + complaint for complaint, _ in complaints) or 0)
