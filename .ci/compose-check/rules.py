"""The rules of docker-compose.yml and Dockerfile: rules.py FOLDER prints those that are broken.

compose-go, the loader of Docker Compose, reads the one; the other is read here, as far as it goes.
"""
import json, os, re, shlex, subprocess, sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

EXACT = re.compile(r"v?\d+\.\d+[\w.-]*")
SECRET_NAME = re.compile(r"(?i)(PASSWORD|PASSWD|PASSPHRASE|_PWD$|^PWD$|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIAL)")
SECRET = re.compile(r"""(?ix)[a-z]+://[^/\s:@]*:(?!\$)[^@\s/]+@
    | (?:password|passwd|_pwd|secret|token)["']?\s*[=:]\s*["']?(?!["'$\s])\S | --(?:pw|password)[=\s]+["']?(?!["'$\s])\S""")
VARIABLE = re.compile(r"\$(\w+|\{\w+(:?\?[^}]*)?\})")
INSTRUCTIONS = set("ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR".split())
HEALTHY, COMPLETED = "service_healthy", "service_completed_successfully"


class Refused(Exception):
    """What cannot be read at all."""


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
        raise Refused(f"docker-compose.yml: expected to depend on services, found {unknown}")
    return names


def stages(folder):
    """The stages of the Dockerfile, each a list of (instruction, rest of the line)."""
    text = re.sub(r"(?m)^\s*#.*\n?", "", Path(folder, "Dockerfile").read_text())
    found = []
    for line in filter(str.strip, re.sub(r"\\\n", " ", text).splitlines()):
        word, _, rest = line.strip().partition(" ")
        if word not in INSTRUCTIONS or not found and word != "FROM":
            raise Refused(f"Dockerfile: expected an instruction, found {word}")
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest.strip()))
    return found


def last(stage, word):
    """What an instruction says that counts once, the last time."""
    return ([rest for found, rest in stage if found == word] or [""])[-1]


def words(line):
    return json.loads(line) if line.startswith("[") else ["/bin/sh", "-c", line] if line else []


def environment(stage):
    return dict(pair.split("=", 1) for word, rest in stage if word == "ENV" for pair in shlex.split(rest))


def option(command, name):
    return (command[command.index(name) + 1:] or [""])[0] if name in command else ""


def tag(image):
    """The tag of an image's name. A port of a registry is no tag."""
    return image.split("@")[0].rpartition("/")[2].partition(":")[2]


def one_shot(services, name):
    """Whether another service waits for the end of this one."""
    return any(s.get("depends_on", {}).get(name, {}).get("condition") == COMPLETED for s in services.values())


def stays(services, name):
    """Whether "docker compose up" starts a service that is meant to stay."""
    return not one_shot(services, name) and not services[name].get("profiles")


def has_health(service):
    check = service.get("healthcheck", {})
    return not check.get("disable") and check.get("test", ["NONE"])[0] != "NONE"


def broken(folder):
    """The rules that the two files of a folder break: pairs of a complaint and the rule's line here."""
    found = []
    def say(complaint): found.append((complaint, sys._getframe(1).f_lineno))
    try:
        project, raw, built = load(folder), load(folder, "--no-interpolation", "--no-consistency"), stages(folder)
        order(project["services"])
    except Refused as refused:
        return [(str(refused), 0)]
    compose_rules(Path(folder), project, raw["services"], say)
    dockerfile_rules(Path(folder), project["services"], built, say)
    return found


def compose_rules(folder, project, raw, say):
    services = project["services"]
    pins = dict(re.findall(r"(?m)^\s*(\S+) v(\S+)", (folder / ".ci/tools/go.mod").read_text()))
    pins = {"server": pins["go.temporal.io/server"], "admin-tools": pins["go.temporal.io/server"],
            "ui": pins["github.com/temporalio/ui-server/v2"]}
    if not re.search(r"(?m)^name: \S", (folder / "docker-compose.yml").read_text()):
        say("file: expected a top-level name, found none")
    for name, secret in project.get("secrets", {}).items():
        if Path(secret.get("file", "/")).parent != folder / "secrets":
            say(f"secret {name}: expected a file of the folder secrets, which git and the build leave out, found {secret}")
    for name, service in sorted(services.items()):
        who, image = f"service {name}: expected", service.get("image", "")
        if not EXACT.fullmatch(tag(image)):
            say(f"{who} an image with a tag of an exact version, found {image!r}")
        elif image.startswith("temporalio/") and tag(image) != (pin := pins.get(image[11:].split(":")[0])):
            say(f"{who} version {pin}, which .ci/tools builds, found {image}")
        if stays(services, name) and not has_health(service):
            say(f"{who} a health check of a service that stays, found none")
        for volume in service.get("volumes", []):
            at, kind = volume["target"], volume["type"]
            if kind == "volume" and volume.get("source") not in project.get("volumes", {}):
                say(f"{who} a named volume at {at} that volumes declares, found {volume.get('source')}")
            if kind == "bind" and not volume.get("read_only"):
                say(f"{who} a named volume or a read-only folder at {at}, found a folder to write to")
            if kind not in ("volume", "bind"):
                say(f"{who} a named volume at {at}, found type {kind}")
        for kind in ("secrets", "configs"):
            if unknown := {used["source"] for used in service.get(kind, [])} - set(project.get(kind, {})):
                say(f"{who} {kind} that the file declares, found {unknown}")
        for port in service.get("ports", []):
            if port.get("host_ip") != "127.0.0.1":
                say(f"{who} port {port.get('published')} on 127.0.0.1, found {port.get('host_ip')}")
        if service.get("network_mode") == "host":
            say(f"{who} a network of its own, found the host's")
        if service.get("privileged"):
            say(f"{who} no privilege, found privileged: true")
        if service.get("security_opt") != ["no-new-privileges:true"]:
            say(f"{who} security_opt no-new-privileges:true alone, found {service.get('security_opt')}")
        # PostgreSQL's image gives the volume to its user, and becomes that user: it needs its rights for that.
        if not image.startswith("postgres:") and service.get("cap_drop") != ["ALL"] or service.get("cap_add"):
            say(f"{who} cap_drop: [ALL] and no cap_add, found {service.get('cap_drop')} and {service.get('cap_add')}")
        if service.get("user", "").split(":")[0] in ("root", "0"):
            say(f"{who} a user other than root, found {service['user']}")
        if "build" in service:
            if not service.get("read_only"):
                say(f"{who} read_only: true, found none")
            if not any(t.split(":")[0] == "/tmp" for t in service.get("tmpfs", [])):
                say(f"{who} a tmpfs at /tmp, found none")
        for key, value in raw[name].get("environment", {}).items():
            named = SECRET_NAME.search(key) and not key.endswith("_FILE") and not VARIABLE.fullmatch(str(value))
            if value and (named or SECRET.search(str(value))):
                say(f"{who} no literal secret in {key}, found one")
        line = [w for part in ("entrypoint", "command") for w in raw[name].get(part) or []] + service.get("healthcheck", {}).get("test", [])
        if SECRET.search(" ".join(line)):
            say(f"{who} no literal secret in its command, found one")
        for on, dependency in service.get("depends_on", {}).items():
            condition, restart = dependency["condition"], services[on].get("restart")
            if condition not in (HEALTHY, COMPLETED):
                say(f"{who} a condition for {on} that says when it is ready, found {condition}")
            if condition == HEALTHY and not has_health(services[on]):
                say(f"{who} {on} to have a health check to wait for, found none")
            if condition == COMPLETED and restart in ("always", "unless-stopped"):
                say(f"{who} {on} to end, found restart: {restart}")
    workers = {option(s["command"], "--role"): s for s in services.values() if (s.get("command") or [""])[0] == "worker"}
    if not workers.keys() >= {"executor", "reviewer"}:
        say(f"workers: expected an executor and a reviewer, found {sorted(workers)}")
    elif option(workers["executor"]["command"], "--identity") == option(workers["reviewer"]["command"], "--identity"):
        say("workers: expected two identities, found one")
    homes = {tuple((v.get("source"), v["target"]) for v in s["volumes"] if v["type"] == "volume") for s in services.values() if "build" in s}
    if len(homes) != 1:
        say(f"homes: expected one, found {sorted(homes)}")
    source = folder / "workflows/src/main/java/dev/lanekeeper/workflow/LaneAttributes.java"
    wanted = sorted(re.findall(r'forKeyword\("(\w+)"\)', source.read_text()))
    made = sorted(re.findall(r"--name (\w+) --type Keyword", json.dumps(services)))
    if made != wanted or not wanted:
        say(f"search attributes: expected {wanted}, found {made}")


def dockerfile_rules(folder, services, built, say):
    who, names, final = "Dockerfile: expected", set(), built[-1]
    for stage in built:
        base, *alias = stage[0][1].split()
        if base not in names and not EXACT.match(tag(base)):
            say(f"{who} a base image with a tag of an exact version, found {base}")
        names.update(alias[1:])
        for word, rest in stage:
            if word in ("ENV", "ARG") and any(SECRET_NAME.search(pair.split("=")[0]) for pair in shlex.split(rest)):
                say(f"{who} no secret, found {word} {rest}")
            if word == "RUN" and SECRET.search(rest):
                say(f"{who} no secret, found one in RUN")
            if word == "ADD":
                say(f"{who} COPY, found ADD, which fetches and unpacks")
    if not any(word == "RUN" and rest.startswith("mvn ") for stage in built[:-1] for word, rest in stage):
        say(f"{who} a stage that builds with Maven before the last one, found none")
    if last(final, "USER").split(":")[0] in ("", "root", "0"):
        say(f"{who} a USER other than root, found {last(final, 'USER')!r}")
    health = ["CMD", *words(last(final, "HEALTHCHECK").partition("CMD ")[2].strip())]
    if health != services.get("executor", {}).get("healthcheck", {}).get("test"):
        say(f"{who} the executor's HEALTHCHECK, found {health[1:]}")
    entrypoint = words(last(final, "ENTRYPOINT"))
    placed = [rest.split()[-1] for word, rest in final if word == "COPY"]
    if entrypoint[:1] != ["java"] or option(entrypoint, "-jar") not in placed:
        say(f"{who} an ENTRYPOINT that runs java with a jar that COPY placed, found {entrypoint}")
    launcher = re.search(r'exec "\$java" (.*)', (folder / "lanekeeper").read_text())[1]
    if missing := [flag for flag in re.findall(r"-X\S+", launcher) if flag not in entrypoint]:
        say(f"{who} the launcher's flags in ENTRYPOINT, found no {' '.join(missing)}")
    ignore = (folder / ".dockerignore").read_text().split("\n")
    for path in ("secrets/postgres-password", ".env", ".git/config", "starter/target/lanekeeper.jar"):
        if let_in(ignore, path):
            say(f".dockerignore: expected {path} kept out of the build, found it let in")
    for copied in (w for stage in built for word, rest in stage if word == "COPY" and "--from" not in rest for w in rest.split()[:-1]):
        if not let_in(ignore, copied):
            say(f".dockerignore: expected {copied}, which is copied, let into the build, found it kept out")


def let_in(patterns, path):
    """Whether a .dockerignore lets a file into a build: the last pattern decides that fits it or a folder above it."""
    steps = path.split("/")
    above, answer = ["/".join(steps[:n + 1]) for n in range(len(steps))], True
    for pattern in filter(None, (p.strip() for p in patterns if not p.startswith("#"))):
        glob = re.escape(pattern.lstrip("!").strip("/")).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        if any(re.fullmatch(glob, step) for step in above):
            answer = pattern.startswith("!")
    return answer


if __name__ == "__main__":
    complaints = broken(Path(sys.argv[1]).resolve())
    for complaint, _ in complaints:
        print("compose: " + complaint, file=sys.stderr)
    sys.exit(len(complaints) > 0)
