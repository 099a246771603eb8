"""Runs the services of docker-compose.yml as plain processes, and a lane on them: run.py PROJECT PROGRAMS POSTGRES WORK.

PROJECT is a copy of the repository, PROGRAMS has Temporal's programs, POSTGRES those of PostgreSQL. Needs namespaces for
network, mounts and processes that nothing else uses, as .ci/compose makes them: what is started here ends with them.
"""
import base64, ctypes, hashlib, itertools, json, os, re, shlex, shutil, signal, subprocess, sys, time, urllib.parse, urllib.request
from pathlib import Path
import rules

PROJECT, PROGRAMS, POSTGRES, WORK = (Path(word) for word in sys.argv[1:])
count, running, ready = itertools.count(1), {}, set()


def fail(said, process=None):
    lines = process.log.read_text(errors="replace").splitlines()[-30:] if process else []
    sys.exit("\n    ".join([f"compose: {said}", *lines]))


def sh(line, **more):
    done = subprocess.run(["sh", "-euc", line], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    if done.returncode:
        fail(f"{line}: expected exit 0, found {done.returncode}\n{done.stdout[-3000:]}")


def seconds(duration):
    return sum(int(n) * {"h": 3600, "m": 60, "s": 1}[unit] for n, unit in re.findall(r"(\d+)([hms])", duration))


def places(service):
    """Where this machine has what stands at a path of a container of the service."""
    table = {v["target"]: v["source"] if v["type"] == "bind" else WORK / "volumes" / v["source"] for v in service.get("volumes", [])}
    table |= {used["target"]: WORK / used["source"] for kind in ("secrets", "configs") for used in service.get(kind, [])}
    table |= {"/home/ui-server": WORK / "ui"}
    for word, rest in IMAGE if "build" in service else []:
        if word == "COPY":
            source, target = rest.split()[-2:]
            table[target] = PROJECT / source.removeprefix(rules.last(BUILD, "WORKDIR") + "/")
    return table


def start(name, command=None):
    """Starts a service in a network of its own. A command replaces the service's."""
    service, number, table = SERVICES[name], next(count), places(SERVICES[name])
    def here(text):
        paths = "|".join(map(re.escape, table))
        return re.sub(rf"(?<![\w./-])({paths})(?![\w.-])", lambda found: str(table[found[0]]), text)
    image = IMAGE if "build" in service else []
    values = rules.environment(image) | service.get("environment", {})
    values = {key: here(value) for key, value in values.items()}
    values |= {"PATH": f"{PROGRAMS}:{POSTGRES}:{os.environ['PATH']}", "LANG": "C.UTF-8"}
    words = service.get("entrypoint") or rules.words(rules.last(image, "ENTRYPOINT"))
    words = [here(word) for word in words + (command or service.get("command") or [])]
    if service["image"].startswith("postgres:"):
        words = postgres(values, table["/var/lib/postgresql/data"])
    log = WORK / f"logs/{number:02}-{name}.log"
    # It waits for a line, and has its network by then.
    process = subprocess.Popen(["sh", "-c", 'read _ && exec "$@"', "sh", *words], env=values, text=True, preexec_fn=own_network,
                               cwd=here(service.get("working_dir", str(WORK))), start_new_session=True,
                               stdin=subprocess.PIPE, stdout=log.open("w"), stderr=subprocess.STDOUT)
    process.name, process.log, process.environment, process.since = name, log, values, time.time()
    address = f"10.77.0.{100 + number}" if command else ADDRESSES[name]
    sh(f"ip link add c{number} type veth peer name eth0 netns {process.pid}; ip link set c{number} master lanes up; nsenter -t "
       f"{process.pid} -n sh -euc 'ip link set lo up; ip addr add {address}/24 dev eth0; ip link set eth0 up'")
    process.stdin.write("\n")
    process.stdin.close()
    return process


def own_network():
    clone_newnet = 0x40000000
    if ctypes.CDLL(None, use_errno=True).unshare(clone_newnet):
        raise OSError(ctypes.get_errno(), "unshare")


def postgres(values, data):
    """What its image does, as far as the file uses it: a cluster on the first start, open to TCP, as a user who is not root."""
    become = "setpriv --reuid=postgres --regid=postgres --init-groups".split()
    if not data.exists():
        sh(f"install -d -o postgres -g postgres -m 700 {data}")
        initdb = ["initdb", "-A", "scram-sha-256", "-U", values["POSTGRES_USER"], "--pwfile", values["POSTGRES_PASSWORD_FILE"], data]
        sh(shlex.join(map(str, become + initdb)), env=values, cwd="/")
        with (data / "pg_hba.conf").open("a") as clients:
            clients.write("host all all all scram-sha-256\n")
    return [*become, "postgres", "-D", str(data), "-c", "listen_addresses=*", "-c", "unix_socket_directories="]


def end(process, patience):
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        fail(f"{process.name}: expected an end within {patience} s, found none", process)


def completed(process):
    if code := end(process, 180):
        fail(f"{process.name}: expected exit 0, found {code}", process)
    return process.log.read_text()


def healthy(process):
    """Makes the service's health check until it passes, as long as the file allows."""
    check = SERVICES[process.name]["healthcheck"]
    test = check["test"][1:] if check["test"][0] == "CMD" else ["sh", "-c", check["test"][1]]
    test = ["timeout", str(seconds(check["timeout"])), "nsenter", "-t", str(process.pid), "-n", *test]
    last = time.time() + seconds(check.get("start_period", "0s")) + check["retries"] * seconds(check["interval"])
    while (found := subprocess.run(test, env=process.environment, capture_output=True, text=True)).returncode:
        if process.poll() is not None:
            fail(f"{process.name}: expected a service that stays, found exit {process.returncode}", process)
        if time.time() > last:
            fail(f"{process.name}: expected to be healthy, found {check['test']} failing: {found.stderr}", process)
        time.sleep(0.5)


def up():
    for name in rules.order(SERVICES):
        if not SERVICES[name].get("profiles"):
            for on in SERVICES[name].get("depends_on", {}):
                wait(on)
            running[name] = start(name)
    for name in running:
        wait(name)


def wait(name):
    if name not in ready:
        short = rules.one_shot(SERVICES, name)
        (completed if short else healthy)(running[name])
        ready.add(name)
        print(f"  {name:18} {'completed' if short else 'healthy':9} after {time.time() - running[name].since:4.1f} s", flush=True)


def down():
    for name, process in reversed(running.items()):
        if not rules.one_shot(SERVICES, name):
            if process.poll() is not None:
                fail(f"{name}: expected to run until it is stopped, found exit {process.returncode}", process)
            process.send_signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
            code = end(process, seconds(SERVICES[name].get("stop_grace_period", "10s")))
            # Java says 143 when it ended in order; the Web UI's server does not handle the signal.
            if code not in (0, 143, -signal.SIGTERM):
                fail(f"{name}: expected a clean exit, found {code}", process)
    running.clear(), ready.clear()
    print("  every service ended when it was asked to", flush=True)


def lanekeeper(*command):
    print("  lanekeeper " + " ".join(command), flush=True)
    return completed(start("lanekeeper", list(command)))


def expect(wanted, found):
    if wanted not in found:
        fail(f"expected {wanted!r}, found:\n{found}")


def look_at_the_lane():
    home = WORK / "volumes/home"
    public = base64.b64decode("".join((home / "keys/owner.pub").read_text().splitlines()[1:-1]))
    packet = "/var/lib/lanekeeper/runs/fix7-p0/latest/packet"
    verified = lanekeeper("verify", packet, "--key", hashlib.sha256(public).hexdigest())
    expect("PASS packet of a lane that ended APPLIED", verified)
    review = json.loads((home / "runs/fix7-p0/latest/packet/data/post-execution-review.json").read_text())
    expect("REVIEW_INDEPENDENT by reviewer", f"{review['independence']} by {review['volatile']['reviewer']}")
    site = f"http://{ADDRESSES['temporal-ui']}:8080"
    def get(path): return urllib.request.urlopen(site + path, timeout=10).read().decode()
    expect("<html", get("/"))
    query = urllib.parse.urlencode({"query": 'LaneName="fix7-p0" AND LaneStatus="APPLIED"'})
    for attempt in range(20):  # The server lists with some delay.
        if "COMPLETED" in (listed := get("/api/v1/namespaces/default/workflows?" + query)):
            break
        time.sleep(1)
    expect("WORKFLOW_EXECUTION_STATUS_COMPLETED", listed)
    print("  the packet verifies, the review is by another identity, the Web UI lists the lane by its attributes", flush=True)


if Path("/proc/net/dev").read_text().count(":") != 1:
    fail("expected a network namespace of its own, found this machine's: use .ci/compose run")
README = (PROJECT / "README.md").read_text()
sh(re.search(r"(?m)^install .*secrets/postgres-password$", README)[0], cwd=PROJECT)
COMMANDS = [shlex.split(words, comments=True) for words in re.findall(r"(?m)^docker compose run --rm lanekeeper (.*)$", README)]
MODEL, (BUILD, IMAGE) = rules.load(PROJECT), rules.stages(PROJECT)
SERVICES = MODEL["services"]
ADDRESSES = {name: f"10.77.0.{number}" for number, name in enumerate(SERVICES, 10)}
for folder in ("logs", "volumes", "ui/config"):
    (WORK / folder).mkdir(parents=True)
for name, secret in MODEL["secrets"].items():
    shutil.copy(secret["file"], WORK / name)
for name, config in MODEL["configs"].items():
    (WORK / name).write_text(config["content"])
(WORK / "ui/ui-server").symlink_to(PROGRAMS / "ui-server")
(WORK / "ui/config/docker.yaml").symlink_to(PROGRAMS / "ui-docker.yaml")
(WORK / "hosts").write_text("".join(f"{address} {name}\n" for name, address in {"localhost": "127.0.0.1", **ADDRESSES}.items()))
sh(f"mount --bind {WORK}/hosts /etc/hosts; ip link set lo up; ip link add lanes type bridge; ip addr add 10.77.0.1/24 dev lanes; "
   "ip link set lanes up")
print("-- the Dockerfile's build, with this machine's Maven", flush=True)
for line in (rest for word, rest in BUILD if word == "RUN"):
    sh(line, cwd=PROJECT)
print("-- up", flush=True)
up()
print("-- a lane, by the README's commands", flush=True)
for command in COMMANDS:
    lanekeeper(*command)
look_at_the_lane()
print("-- down, and up again on the same volumes", flush=True)
down()
up()
expect("already applied by run ", lanekeeper("start", "/lanes/fix7-p0", "--wait"))
down()
