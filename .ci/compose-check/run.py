"""Runs the services of docker-compose.yml as plain processes, and a lane on them: run.py PROJECT PROGRAMS POSTGRES WORK.

PROJECT is a copy of the repository, PROGRAMS has Temporal's programs, POSTGRES those of PostgreSQL. Needs namespaces for
network, mounts and processes that nothing else uses, as .ci/compose makes them: what is started here ends with them.
"""
import base64, ctypes, hashlib, itertools, json, os, re, shlex, shutil, signal, subprocess, sys, time
from pathlib import Path
import rules

PROJECT, PROGRAMS, POSTGRES, WORK = (Path(word) for word in sys.argv[1:])
MODEL, (BUILD, IMAGE), MANUAL = rules.load(PROJECT), rules.stages(PROJECT), (PROJECT / "docs/compose.md").read_text()
SERVICES, ORDER, count, running = MODEL["services"], rules.order(MODEL["services"]), itertools.count(100), {}
ADDRESSES = {name: f"10.77.0.{number}" for number, name in enumerate(ORDER, 10)}

def fail(said, process=None):
    lines = process.log.read_text(errors="replace").splitlines()[-30:] if process else []
    sys.exit("\n    ".join([f"compose: {said}", *lines]))

def sh(line, **more):
    done = subprocess.run(["sh", "-euc", line], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    return done.returncode and fail(f"{line}: expected exit 0, found {done.returncode}\n{done.stdout[-3000:]}")

def expect(wanted, found):
    return wanted in found or fail(f"expected {wanted!r}, found:\n{found}")

def seconds(duration):
    return sum(int(n) * {"h": 3600, "m": 60, "s": 1}[unit] for n, unit in re.findall(r"(\d+)([hms])", duration))

def places(service):
    """Where this machine has what is at a path of the service's container."""
    table = {v["target"]: v["source"] if v["type"] == "bind" else WORK / "volumes" / v["source"] for v in service.get("volumes", [])}
    table |= {used["target"]: WORK / used["source"] for kind in ("secrets", "configs") for used in service.get(kind, [])}
    copies = [rest.split()[-2:] for word, rest in IMAGE if word == "COPY"] if "build" in service else []
    table |= {target: PROJECT / source.removeprefix(rules.last(BUILD, "WORKDIR") + "/") for source, target in copies}
    return table | {"/home/ui-server": WORK / "ui"}

def start(name, command=None):
    """Starts a service in a network of its own. A command replaces the service's, as docker compose run does it."""
    service, table, number = SERVICES[name], places(SERVICES[name]), next(count)
    paths = re.compile(rf"(?<![\w./-])({'|'.join(map(re.escape, table))})(?![\w.-])")

    def here(text):
        return paths.sub(lambda found: str(table[found[0]]), text)

    image = IMAGE if "build" in service else []
    values = dict(pair.split("=", 1) for word, rest in image if word == "ENV" for pair in shlex.split(rest))
    values = {key: here(value) for key, value in (values | service.get("environment", {})).items()}
    values |= {"PATH": f"{PROGRAMS}:{POSTGRES}:{os.environ['PATH']}", "LANG": "C.UTF-8"}
    words = service.get("entrypoint") or rules.words(rules.last(image, "ENTRYPOINT"))
    words = [here(word) for word in words + (command or service.get("command", []))]
    if service["image"].startswith("postgres:"):
        words = postgres(values, table["/var/lib/postgresql/data"])
    log = WORK / f"logs/{number}-{name}"
    # It waits for the line below, when its network is there.
    process = subprocess.Popen(["sh", "-c", 'read _ && exec "$@"', "sh", *words], env=values, preexec_fn=own_network, text=True,
                               cwd=here(service.get("working_dir", "/")), stdin=subprocess.PIPE, stdout=log.open("w"), stderr=subprocess.STDOUT)
    process.name, process.log, process.environment, process.since, process.link = name, log, values, time.time(), f"c{number}"
    address = f"10.77.0.{number}" if command else ADDRESSES[name]
    sh(f"ip link add c{number} type veth peer name eth0 netns {process.pid}; ip link set c{number} master lanes up; nsenter -t "
       f"{process.pid} -n sh -euc 'ip link set lo up; ip addr add {address}/24 dev eth0; ip link set eth0 up'")
    print(file=process.stdin)
    process.stdin.close()
    return process

def own_network():
    if ctypes.CDLL(None, use_errno=True).unshare(clone_newnet := 0x40000000):
        raise OSError(ctypes.get_errno(), "unshare")

def postgres(values, data):
    """What its image does, as far as the file uses it: a cluster on the first start, open to TCP, as a user who is not root."""
    become = "setpriv --reuid=postgres --regid=postgres --init-groups"
    if not data.exists():
        sh(f"install -d -o postgres -g postgres -m 700 {data}; {become} initdb -D {data} -A scram-sha-256 -U $POSTGRES_USER"
           f" --pwfile $POSTGRES_PASSWORD_FILE; echo host all all all scram-sha-256 >>{data}/pg_hba.conf", env=values, cwd="/")
    return f"{become} postgres -D {data} -c listen_addresses=* -c unix_socket_directories=".split()

def ended(process, patience, *codes):
    try:
        process.wait(patience)
        # The kernel takes a network away some time after its last process, and until then it answers for its address.
        subprocess.run(["ip", "link", "del", process.link], stderr=subprocess.DEVNULL)
        if process.returncode not in codes:
            fail(f"{process.name}: expected exit {' or '.join(map(str, codes))}, found {process.returncode}", process)
    except subprocess.TimeoutExpired:
        fail(f"{process.name}: expected an end within {patience} s, found none", process)

def healthy(process):
    """Makes the service's health check until it passes, as long as the file allows."""
    check = SERVICES[process.name]["healthcheck"]
    test = check["test"][1:] if check["test"][0] == "CMD" else ["sh", "-c", check["test"][1]]
    test = ["timeout", str(seconds(check["timeout"])), "nsenter", "-t", str(process.pid), "-n", *test]
    last = time.time() + seconds(check.get("start_period", "0s")) + check["retries"] * seconds(check["interval"])
    while subprocess.run(test, env=process.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
        if process.poll() is not None or time.time() > last:
            fail(f"{process.name}: expected {check['test']} to pass, found it failing; exit {process.returncode}", process)
        time.sleep(0.5)

def up():
    ready = set()

    def wait(name):
        if name not in ready:
            short = rules.one_shot(SERVICES, name)
            ended(running[name], 180, 0) if short else healthy(running[name])
            ready.add(name)
            print(f"  {name:18} {'completed' if short else 'healthy':9} after {time.time() - running[name].since:4.1f} s")

    for name in (name for name in ORDER if not SERVICES[name].get("profiles")):
        for on in SERVICES[name].get("depends_on", {}):
            wait(on)
        running[name] = start(name)
    for name in running:
        wait(name)

def down():
    for name, process in reversed(running.items()):
        if not rules.one_shot(SERVICES, name):
            if process.poll() is not None:
                fail(f"{name}: expected to run until it is stopped, found exit {process.returncode}", process)
            process.send_signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
            # Java says 143 when it ended in order; the Web UI's server does not handle the signal.
            ended(process, seconds(SERVICES[name].get("stop_grace_period", "10s")), 0, 143, -signal.SIGTERM)
    running.clear()
    print("  every service ended when it was asked to")

def lanekeeper(*command):
    print("  lanekeeper " + " ".join(command))
    process = start("lanekeeper", list(command))
    ended(process, 180, 0)
    return process.log.read_text()

def look_at_the_lane():
    home = WORK / "volumes/home"
    owner = hashlib.sha256(base64.b64decode("".join((home / "keys/owner.pub").read_text().splitlines()[1:-1]))).hexdigest()
    verified = lanekeeper("verify", "/var/lib/lanekeeper/runs/fix7-p0/latest/packet", "--key", owner)
    expect("PASS packet of a lane that ended APPLIED", verified)
    review = json.loads((home / "runs/fix7-p0/latest/packet/data/post-execution-review.json").read_text())
    expect("REVIEW_INDEPENDENT by reviewer", f"{review['independence']} by {review['volatile']['reviewer']}")
    # The server lists with some delay.
    applied = f"http://{ADDRESSES['temporal-ui']}:8080/api/v1/namespaces/default/workflows?query=LaneStatus%3D%22APPLIED%22"
    sh(f"timeout 20 sh -c 'until wget -q -O - \"{applied}\" | grep STATUS_COMPLETED; do sleep 1; done'")
    print("  the packet verifies, the review is by another identity, the Web UI's server finds the lane by its status")

if Path("/proc/net/dev").read_text().count(":") != 1:
    fail("expected a network namespace of its own, found this machine's: use .ci/compose run")
for folder in ("logs", "volumes", "ui/config"):
    (WORK / folder).mkdir(parents=True)
sh(re.search(r"(?m)^install .*secrets/postgres-password$", MANUAL)[0], cwd=PROJECT)
for name, part in (MODEL["secrets"] | MODEL["configs"]).items():
    (WORK / name).write_text(part.get("content") or Path(part["file"]).read_text())
(WORK / "ui/ui-server").symlink_to(PROGRAMS / "ui-server")
(WORK / "ui/config/docker.yaml").symlink_to(PROGRAMS / "ui-docker.yaml")
(WORK / "hosts").write_text("127.0.0.1 localhost\n" + "".join(f"{address} {name}\n" for name, address in ADDRESSES.items()))
sh(f"mount --bind {WORK}/hosts /etc/hosts; ip link set lo up; ip link add lanes type bridge; ip addr add 10.77.0.1/24 dev lanes; "
   "ip link set lanes up")
print("-- the Dockerfile's build, with this machine's Maven")
sh("; ".join(rest for word, rest in BUILD if word == "RUN"), cwd=PROJECT)
print("-- up")
up()
print("-- a lane, by the commands of docs/compose.md")
for command in re.findall(r"(?m)^docker compose run --rm lanekeeper (.*)$", MANUAL):
    lanekeeper(*shlex.split(command, comments=True))
look_at_the_lane()
print("-- down, and up again on the same volumes")
down()
up()
expect("already applied by run ", lanekeeper("start", "/lanes/fix7-p0", "--wait"))
down()
