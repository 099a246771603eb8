package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
)

// A process of this program ends with the thread that started it, so that one must stay.
func init() { runtime.LockOSThread() }

// planned is what is read from the compose file about one service.
type planned struct {
	Service     string             `json:"service"`
	Image       string             `json:"image"`
	Entrypoint  []string           `json:"entrypoint"`
	Command     []string           `json:"command"`
	Environment map[string]*string `json:"environment"`
	WorkingDir  string             `json:"workingDir,omitempty"`
	User        string             `json:"user,omitempty"`
	ReadOnly    bool               `json:"readOnly"`
	HealthCheck []string           `json:"healthCheck,omitempty"`
	After       map[string]string  `json:"after"`
	OneShot     bool               `json:"oneShot"`
	OnDemand    bool               `json:"onDemand"`
}

// plan is every service, each after those that it depends on.
func plan(project *types.Project) []planned {
	var all []planned
	for _, name := range starting(project) {
		service := project.Services[name]
		one := planned{
			Service: name, Image: service.Image, Entrypoint: service.Entrypoint, Command: service.Command,
			Environment: service.Environment, WorkingDir: service.WorkingDir, User: service.User, ReadOnly: service.ReadOnly,
			After: map[string]string{}, OneShot: oneShot(project, name), OnDemand: len(service.Profiles) > 0,
		}
		if service.HealthCheck != nil {
			one.HealthCheck = service.HealthCheck.Test
		}
		for on, dependency := range service.DependsOn {
			one.After[on] = dependency.Condition
		}
		all = append(all, one)
	}
	return all
}

// starting is an order in which the services can start.
func starting(project *types.Project) []string {
	var order []string
	var visit func(name string)
	visit = func(name string) {
		if slices.Contains(order, name) {
			return
		}
		for _, on := range slices.Sorted(maps.Keys(project.Services[name].DependsOn)) {
			visit(on)
		}
		order = append(order, name)
	}
	for _, name := range slices.Sorted(maps.Keys(project.Services)) {
		visit(name)
	}
	return order
}

// engine runs the services of a project.
type engine struct {
	project   *types.Project
	images    map[string]image
	addresses map[string]string
	work      string
	running   map[string]*container
	started   []string
	count     int
}

type container struct {
	name string
	box  box
	cmd  *exec.Cmd
	log  string
	stop syscall.Signal
	from time.Time
	// ended is closed when the process has ended.
	ended chan struct{}
}

func (c *container) code() int { return c.cmd.ProcessState.ExitCode() }

// environment of a container, in the order of docker: the image's, then the service's.
func environment(of image, service types.ServiceConfig, home string) []string {
	values := map[string]string{"HOME": home, "HOSTNAME": service.Name}
	for _, pair := range of.environment {
		key, value, _ := strings.Cut(pair, "=")
		values[key] = value
	}
	for key, value := range service.Environment {
		if value != nil {
			values[key] = *value
		}
	}
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		pairs = append(pairs, key+"="+values[key])
	}
	return pairs
}

// start starts a service at an address; with a command, that one instead of the service's.
func (e *engine) start(name, address string, command []string) (*container, error) {
	service := e.project.Services[name]
	of := e.images[service.Image]
	e.count++
	id := fmt.Sprintf("%02d-%s", e.count, name)
	root := filepath.Join(e.work, "containers", id)
	if err := os.MkdirAll(filepath.Dir(root), 0o755); err != nil {
		return nil, err
	}
	if out, err := exec.Command("cp", "-a", of.root, root).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %s", name, out)
	}
	user := of.user
	if service.User != "" {
		user = service.User
	}
	uid, gid, home, err := of.ids(user)
	if err != nil {
		return nil, err
	}
	words := slices.Clone(of.entrypoint)
	if service.Entrypoint != nil {
		words = slices.Clone(service.Entrypoint)
	}
	switch {
	case command != nil:
		words = append(words, command...)
	case service.Command != nil:
		words = append(words, service.Command...)
	case service.Entrypoint == nil:
		words = append(words, of.recipe.command...)
	}
	b := box{
		Hostname: name, Root: root, ReadOnly: service.ReadOnly, Tmpfs: service.Tmpfs, UID: uid, GID: gid, Workdir: of.workdir,
		Environment: environment(of, service, home), Words: words, Capabilities: usual,
		NoNewPrivileges: slices.Contains(service.SecurityOpt, "no-new-privileges:true"),
	}
	if service.WorkingDir != "" {
		b.Workdir = service.WorkingDir
	}
	if slices.Contains(service.CapDrop, "ALL") {
		b.Capabilities = nil
	}
	if b.Binds, err = e.binds(service, of); err != nil {
		return nil, err
	}
	log := filepath.Join(e.work, "logs", id+".log")
	out, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd, err := b.command(filepath.Join(e.work, "containers", id+".json"))
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = out, out
	gate, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	c := &container{name: name, box: b, cmd: cmd, log: log, stop: of.stop, from: time.Now(), ended: make(chan struct{})}
	err = connect(cmd.Process.Pid, e.count, address)
	if err != nil {
		_ = cmd.Process.Kill()
	}
	gate.Close()
	go func() {
		_ = cmd.Wait()
		close(c.ended)
	}()
	return c, err
}

func (e *engine) binds(service types.ServiceConfig, of image) ([]bind, error) {
	binds := slices.Clone(of.binds)
	for _, volume := range service.Volumes {
		source := volume.Source
		if volume.Type == types.VolumeTypeVolume {
			source = filepath.Join(e.work, "volumes", volume.Source)
			if err := newVolume(source, filepath.Join(of.root, volume.Target)); err != nil {
				return nil, err
			}
		}
		binds = append(binds, bind{From: source, To: volume.Target, ReadOnly: volume.ReadOnly})
	}
	for _, secret := range service.Secrets {
		target := secret.Target
		if target == "" {
			target = secret.Source
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join("/run/secrets", target)
		}
		binds = append(binds, bind{From: e.project.Secrets[secret.Source].File, To: target, ReadOnly: true})
	}
	for _, config := range service.Configs {
		from := e.project.Configs[config.Source].File
		if from == "" {
			from = filepath.Join(e.work, "configs", config.Source)
			if err := folders(filepath.Dir(from), "."); err != nil {
				return nil, err
			}
			if err := os.WriteFile(from, []byte(e.project.Configs[config.Source].Content), 0o644); err != nil {
				return nil, err
			}
		}
		binds = append(binds, bind{From: from, To: config.Target, ReadOnly: true})
	}
	hosts := filepath.Join(e.work, "hosts")
	return append(binds, bind{From: hosts, To: "/etc/hosts", ReadOnly: true}), nil
}

// newVolume makes a volume with the owner and the rights of what the image has there.
func newVolume(folder, like string) error {
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	info, err := os.Stat(like)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	owner := info.Sys().(*syscall.Stat_t)
	if err := os.Chown(folder, int(owner.Uid), int(owner.Gid)); err != nil {
		return err
	}
	return os.Chmod(folder, info.Mode().Perm())
}

// up starts services with all that they depend on, and waits until each is healthy or has completed.
func (e *engine) up(wanted ...string) error {
	needed := map[string]bool{}
	var need func(name string)
	need = func(name string) {
		needed[name] = true
		for on := range e.project.Services[name].DependsOn {
			need(on)
		}
	}
	for _, name := range wanted {
		need(name)
	}
	ready := map[string]bool{}
	wait := func(name string) error {
		if ready[name] {
			return nil
		}
		ready[name] = true
		c, state := e.running[name], "healthy"
		var err error
		if oneShot(e.project, name) {
			state = "completed"
			err = e.completed(c, 3*time.Minute)
		} else {
			err = e.healthy(c)
		}
		if err == nil {
			fmt.Printf("  %-18s %-9s after %4.1f s  %s\n", name, state, time.Since(c.from).Seconds(), oneLine(c.box.Words))
		}
		return err
	}
	var waiting []string
	for _, name := range starting(e.project) {
		if !needed[name] || slices.Contains(e.started, name) {
			continue
		}
		for on := range e.project.Services[name].DependsOn {
			if slices.Contains(waiting, on) {
				if err := wait(on); err != nil {
					return err
				}
			}
		}
		c, err := e.start(name, e.addresses[name], nil)
		if err != nil {
			return err
		}
		e.started = append(e.started, name)
		e.running[name] = c
		waiting = append(waiting, name)
	}
	for _, name := range waiting {
		if err := wait(name); err != nil {
			return err
		}
	}
	return nil
}

func oneLine(words []string) string {
	text := strings.Join(strings.Fields(strings.Join(words, " ")), " ")
	if len(text) > 100 {
		text = text[:100] + " ..."
	}
	return text
}

func (e *engine) completed(c *container, patience time.Duration) error {
	select {
	case <-c.ended:
	case <-time.After(patience):
		return fmt.Errorf("%s: expected an end within %s, found none\n%s", c.name, patience, tail(c.log, 30))
	}
	if c.code() != 0 {
		return fmt.Errorf("%s: expected exit 0, found %d\n%s", c.name, c.code(), tail(c.log, 30))
	}
	return nil
}

// healthy makes the service's health check until it passes, as often as the compose file allows.
func (e *engine) healthy(c *container) error {
	check := e.project.Services[c.name].HealthCheck
	patience := time.Duration(0)
	if check.StartPeriod != nil {
		patience = time.Duration(*check.StartPeriod)
	}
	if check.Retries != nil && check.Interval != nil {
		patience += time.Duration(*check.Retries) * time.Duration(*check.Interval)
	}
	for end := time.Now().Add(patience); ; time.Sleep(250 * time.Millisecond) {
		select {
		case <-c.ended:
			return fmt.Errorf("%s: expected a service that stays, found exit %d\n%s", c.name, c.code(), tail(c.log, 30))
		default:
		}
		out, err := e.probe(c, check.Test, time.Duration(*check.Timeout))
		if err == nil {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s: expected to be healthy within %s, found %v: %s\n%s", c.name, patience, err, out, tail(c.log, 30))
		}
	}
}

// probe runs a health check beside a container's process.
func (e *engine) probe(c *container, test []string, patience time.Duration) (string, error) {
	words := test[1:]
	if test[0] == "CMD-SHELL" {
		words = []string{"/bin/sh", "-c", test[1]}
	}
	path := "/bin:/usr/bin"
	for _, pair := range c.box.Environment {
		if value, found := strings.CutPrefix(pair, "PATH="); found {
			path = value
		}
	}
	// env inside, since nsenter itself is found with this machine's PATH.
	inside := append([]string{
		"--target", strconv.Itoa(c.cmd.Process.Pid), "--mount", "--root", "--wd", "--pid", "--net", "--setgid", strconv.Itoa(c.box.GID), "--setuid", strconv.Itoa(c.box.UID),
		"--", "/bin/sh", "-c", `PATH=$1; shift; exec "$@"`, "sh", path,
	}, words...)
	cmd := exec.Command("nsenter", inside...)
	cmd.Env = c.box.Environment
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return "", err
	}
	timer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	err := cmd.Wait()
	return strings.TrimSpace(out.String()), err
}

// once runs a service with another command, as "docker compose run --rm" does.
func (e *engine) once(name string, command ...string) (string, error) {
	fmt.Printf("  %s %s\n", name, strings.Join(command, " "))
	c, err := e.start(name, subnet+strconv.Itoa(100+e.count), command)
	if err != nil {
		return "", err
	}
	if err := e.completed(c, 3*time.Minute); err != nil {
		return "", err
	}
	text, err := os.ReadFile(c.log)
	return string(text), err
}

// down ends the services in reverse, each with its image's signal and the time that the file grants.
func (e *engine) down() error {
	var faults []error
	for _, name := range slices.Backward(e.started) {
		c := e.running[name]
		if oneShot(e.project, name) {
			continue
		}
		select {
		case <-c.ended:
			faults = append(faults, fmt.Errorf("%s: expected to run until it is stopped, found exit %d\n%s", name, c.code(), tail(c.log, 30)))
			continue
		default:
		}
		patience := 10 * time.Second
		if grace := e.project.Services[name].StopGracePeriod; grace != nil {
			patience = time.Duration(*grace)
		}
		from := time.Now()
		_ = c.cmd.Process.Signal(c.stop)
		select {
		case <-c.ended:
		case <-time.After(patience):
			_ = c.cmd.Process.Kill()
			<-c.ended
			faults = append(faults, fmt.Errorf("%s: expected an end within %s of %s, found none\n%s", name, patience, c.stop, tail(c.log, 30)))
			continue
		}
		fmt.Printf("  %-18s exit %-4d %5.1f s after %s\n", name, c.code(), time.Since(from).Seconds(), c.stop)
		if c.code() != clean(e.project.Services[name]) {
			faults = append(faults, fmt.Errorf("%s: expected a clean exit, found %d\n%s", name, c.code(), tail(c.log, 30)))
		}
	}
	e.started = nil
	return errors.Join(faults...)
}

// clean is how the program of a service ends when it is asked to.
func clean(service types.ServiceConfig) int {
	repository, _ := repositoryAndTag(service.Image)
	switch {
	case own(service):
		// Java says so also when it ended in order.
		return 128 + int(syscall.SIGTERM)
	case repository == "temporalio/ui":
		// It has no handler, and for the first process of a container the signal alone does nothing, so Go's
		// runtime ends it. It keeps nothing.
		return 2
	}
	return 0
}

// section prints a heading with the time of day.
func section(title string) { fmt.Printf("-- %s (%s)\n", title, time.Now().UTC().Format(time.TimeOnly)) }

// run starts everything and runs a lane as the README says, in a network namespace of its own.
func run(folder, programs, work string) error {
	if err := network(); err != nil {
		return err
	}
	if err := folders(work, "logs", "containers", "volumes"); err != nil {
		return err
	}
	operator, err := readme(folder)
	if err != nil {
		return err
	}

	section("the password, by the README's command")
	fmt.Println("  " + operator.password)
	password := exec.Command("/bin/sh", "-euc", operator.password)
	password.Dir = folder
	if err := logged(password, filepath.Join(work, "logs", "password.log")); err != nil {
		return err
	}
	project, err := load(filepath.Join(folder, "docker-compose.yml"), true)
	if err != nil {
		return err
	}
	hosts, err := addresses(starting(project), work)
	if err != nil {
		return err
	}
	section("what differs from containers: this machine's programs instead of the images, and these addresses")
	for _, name := range starting(project) {
		fmt.Printf("  %-18s %-13s %s\n", name, hosts[name], project.Services[name].Image)
	}
	made, err := images(project, folder, programs, work)
	if err != nil {
		return err
	}
	e := &engine{project: project, images: made, addresses: hosts, work: work, running: map[string]*container{}}
	defer e.kill()

	section("up")
	if err := e.up("temporal-namespace"); err != nil {
		return err
	}
	// Before a worker starts, which would register what is missing.
	listed, err := e.once("temporal-namespace", "temporal operator search-attribute list")
	if err != nil {
		return err
	}
	of, err := known(folder)
	if err != nil {
		return err
	}
	for _, attribute := range of.searchAttributes {
		if !regexp.MustCompile(`(?m)^\s*` + attribute + `\s+Keyword\s*$`).MatchString(listed) {
			return fmt.Errorf("search attributes: expected %s of type Keyword, found:\n%s", attribute, listed)
		}
	}
	stay := func() error {
		var names []string
		for _, name := range starting(project) {
			if longRunning(project, project.Services[name]) {
				names = append(names, name)
			}
		}
		return e.up(names...)
	}
	if err := stay(); err != nil {
		return err
	}

	section("what a worker may do")
	for _, name := range []string{"executor", "reviewer"} {
		if err := e.confined(name); err != nil {
			return err
		}
	}
	section("a lane, by the README's commands")
	for _, command := range operator.commands {
		if _, err := e.once("lanekeeper", command...); err != nil {
			return err
		}
	}
	if err := e.lane(); err != nil {
		return err
	}
	section("down")
	if err := e.down(); err != nil {
		return err
	}
	section("up again, on the same volumes")
	if err := stay(); err != nil {
		return err
	}
	again, err := e.once("lanekeeper", "start", "/lanes/fix7-p0", "--wait")
	if err != nil {
		return err
	}
	if !strings.Contains(again, "already applied by run ") {
		return fmt.Errorf("expected the lane applied before the restart, found:\n%s", again)
	}
	section("down")
	return e.down()
}

// confined tries what the compose file and the Dockerfile keep a worker from.
func (e *engine) confined(name string) error {
	for _, test := range []struct{ line, wanted string }{
		{"id -u", "10001"},
		{"tr '\\0' '\\n' </proc/1/cmdline | head -1", "java"},
		{"touch /new 2>&1 || true", "touch: cannot touch '/new': Read-only file system"},
		{"touch /lanes/new 2>&1 || true", "touch: cannot touch '/lanes/new': Read-only file system"},
		{"touch /tmp/new && cp /bin/true /tmp/new && chmod +x /tmp/new && /tmp/new 2>&1 || true", "/bin/sh: 1: /tmp/new: Permission denied"},
		{"touch $LANEKEEPER_HOME/new && rm $LANEKEEPER_HOME/new && echo home", "home"},
		{"grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/1/status | tr -s '\\t\\n' '  '", "CapEff: 0000000000000000 CapBnd: 0000000000000000 NoNewPrivs: 1"},
		{"ls /run/secrets 2>&1 || true", "ls: cannot access '/run/secrets': No such file or directory"},
	} {
		found, err := e.probe(e.running[name], []string{"CMD-SHELL", test.line}, 10*time.Second)
		if err != nil || found != test.wanted {
			return fmt.Errorf("%s: %s: expected %q, found %q, %v", name, test.line, test.wanted, found, err)
		}
	}
	fmt.Printf("  %-18s user 10001, no capability, no new privilege, no secret, writes to its home and /tmp only\n", name)
	return nil
}

// kill ends what a fault left running.
func (e *engine) kill() {
	for _, name := range e.started {
		_ = e.running[name].cmd.Process.Kill()
		<-e.running[name].ended
	}
}

// operated is what the README tells an operator to type.
type operated struct {
	password string
	commands [][]string
}

func readme(folder string) (operated, error) {
	text, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		return operated{}, err
	}
	var found operated
	for _, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "  #")
		line = strings.TrimSpace(line)
		if strings.Contains(line, "secrets/postgres-password") && strings.HasPrefix(line, "install ") {
			found.password = line
		}
		if words, is := strings.CutPrefix(line, "docker compose run --rm lanekeeper "); is {
			found.commands = append(found.commands, strings.Fields(words))
		}
	}
	if found.password == "" || len(found.commands) < 3 {
		return found, fmt.Errorf("README.md: expected the password's command and 3 of docker compose run --rm lanekeeper, found %q and %q", found.password, found.commands)
	}
	return found, nil
}

// lane looks at what the lane left: the packet, its verification, the review, the Web UI's list.
func (e *engine) lane() error {
	const mount = "/var/lib/lanekeeper"
	home := filepath.Join(e.work, "volumes", "home")
	pub, err := os.ReadFile(filepath.Join(home, "keys", "owner.pub"))
	if err != nil {
		return err
	}
	block, _ := pem.Decode(pub)
	if block == nil {
		return errors.New("keys/owner.pub: expected PEM")
	}
	thumbprint := sha256.Sum256(block.Bytes)
	packet := "runs/fix7-p0/latest/packet"
	verified, err := e.once("lanekeeper", "verify", mount+"/"+packet, "--key", hex.EncodeToString(thumbprint[:]))
	if err != nil {
		return err
	}
	if !strings.Contains(verified, "PASS packet of a lane that ended APPLIED") {
		return fmt.Errorf("expected the packet to pass, found:\n%s", verified)
	}
	text, err := os.ReadFile(filepath.Join(home, packet, "data", "post-execution-review.json"))
	if err != nil {
		return err
	}
	var review struct {
		End, Independence string
		Volatile          struct{ Reviewer string }
	}
	if err := json.Unmarshal(text, &review); err != nil {
		return err
	}
	fmt.Printf("  the lane ended %s, the packet verifies, reviewed by %s: %s\n", review.End, review.Volatile.Reviewer, review.Independence)
	if review.Independence != "REVIEW_INDEPENDENT" || review.Volatile.Reviewer != "reviewer" {
		return fmt.Errorf("expected a review by another identity than the executor's, found %s by %s", review.Independence, review.Volatile.Reviewer)
	}

	ui := e.project.Services["temporal-ui"].Ports[0]
	site := fmt.Sprintf("http://%s:%d", e.addresses["temporal-ui"], ui.Target)
	page, err := get(site + "/")
	if err != nil {
		return err
	}
	if !strings.Contains(page, "<html") {
		return fmt.Errorf("temporal-ui: expected its page, found %.200s", page)
	}
	query := url.Values{"query": {`LaneName="fix7-p0" AND LaneStatus="APPLIED"`}}.Encode()
	var listed string
	// The server lists with some delay.
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Second) {
		if listed, err = get(site + "/api/v1/namespaces/default/workflows?" + query); err != nil {
			return err
		}
		if strings.Contains(listed, "WORKFLOW_EXECUTION_STATUS_COMPLETED") {
			fmt.Println("  the Web UI serves its page, and lists the lane by its search attributes")
			return nil
		}
	}
	return fmt.Errorf("temporal-ui: expected the lane in its list, found %.500s", listed)
}

func get(address string) (string, error) {
	client := http.Client{Timeout: 10 * time.Second}
	answer, err := client.Get(address)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %.300s", address, answer.Status, text)
	}
	return string(text), err
}
