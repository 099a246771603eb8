package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// inside is the word by which this program starts itself as the first process of a box.
const inside = "inside"

// A box is what a container engine makes of an image and a service, as far as the services of
// docker-compose.yml can tell: a root of its own, process ids, mounts and a network of its own, a user,
// no more capabilities than allowed.
type box struct {
	Hostname string
	// Root is the folder that becomes /.
	Root     string
	ReadOnly bool
	Binds    []bind
	// Tmpfs as in a compose file: PATH or PATH:OPTIONS.
	Tmpfs           []string
	UID, GID        int
	Workdir         string
	Environment     []string
	Words           []string
	Capabilities    []int
	NoNewPrivileges bool
}

type bind struct {
	From, To string
	ReadOnly bool
}

// usual are the capabilities that a container engine leaves to a container unless it is told otherwise.
var usual = []int{
	unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_FSETID, unix.CAP_FOWNER, unix.CAP_MKNOD, unix.CAP_NET_RAW, unix.CAP_SETGID,
	unix.CAP_SETUID, unix.CAP_SETFCAP, unix.CAP_SETPCAP, unix.CAP_NET_BIND_SERVICE, unix.CAP_SYS_CHROOT, unix.CAP_KILL, unix.CAP_AUDIT_WRITE,
}

// command is the box as a process of this machine, not started yet. The process ends with this one. It
// waits for the end of its standard input: until then, others can set up its network.
func (b box) command(description string) (*exec.Cmd, error) {
	text, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(description, text, 0o600); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, inside, description)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWNET,
		Pdeathsig:  syscall.SIGKILL,
		Setsid:     true,
	}
	return cmd, nil
}

// enter makes this process the first of a box, and then the program that the box is for.
func enter(description string) error {
	runtime.LockOSThread()
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	text, err := os.ReadFile(description)
	if err != nil {
		return err
	}
	var b box
	if err := json.Unmarshal(text, &b); err != nil {
		return err
	}
	if err := unix.Sethostname([]byte(b.Hostname)); err != nil {
		return err
	}
	for _, step := range []func() error{loopback, b.mount, b.pivot, b.confine} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := os.Chdir(b.Workdir); err != nil {
		return err
	}
	os.Clearenv()
	for _, pair := range b.Environment {
		key, value, _ := strings.Cut(pair, "=")
		os.Setenv(key, value)
	}
	program, err := exec.LookPath(b.Words[0])
	if err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", program, syscall.Exec(program, b.Words, b.Environment))
}

func (b box) mount() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("private mounts: %w", err)
	}
	if err := unix.Mount(b.Root, b.Root, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("bind %s: %w", b.Root, err)
	}
	at := func(path string) string { return filepath.Join(b.Root, path) }
	// Every place first: a read-only root takes no new ones.
	folders := []string{"proc", "dev", "dev/shm", ".old"}
	for _, tmpfs := range b.Tmpfs {
		path, _, _ := strings.Cut(tmpfs, ":")
		folders = append(folders, path)
	}
	for _, folder := range folders {
		if err := os.MkdirAll(at(folder), 0o755); err != nil {
			return err
		}
	}
	devices := []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}
	binds := b.Binds
	for _, device := range devices {
		binds = append(binds, bind{From: device, To: device})
	}
	for _, bind := range binds {
		if err := place(bind.From, at(bind.To)); err != nil {
			return err
		}
	}
	if b.ReadOnly {
		if err := unix.Mount("", b.Root, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			return fmt.Errorf("read-only root: %w", err)
		}
	}
	for _, bind := range binds {
		if err := unix.Mount(bind.From, at(bind.To), "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("bind %s: %w", bind.To, err)
		}
		if bind.ReadOnly {
			if err := unix.Mount("", at(bind.To), "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
				return fmt.Errorf("read-only %s: %w", bind.To, err)
			}
		}
	}
	if err := unix.Mount("proc", at("proc"), "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("proc: %w", err)
	}
	// Container engines mount these so that nothing can be executed from there.
	const flags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	for _, tmpfs := range append(b.Tmpfs, "/dev/shm:mode=1777") {
		path, options, _ := strings.Cut(tmpfs, ":")
		if err := unix.Mount("tmpfs", at(path), "tmpfs", flags, options); err != nil {
			return fmt.Errorf("tmpfs %s: %w", tmpfs, err)
		}
	}
	return nil
}

// place makes an empty file or a folder to mount something on.
func place(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.MkdirAll(to, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(to, nil, 0o644); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func (b box) pivot() error {
	if err := unix.PivotRoot(b.Root, filepath.Join(b.Root, ".old")); err != nil {
		return fmt.Errorf("pivot_root: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	return unix.Unmount("/.old", unix.MNT_DETACH)
}

func (b box) confine() error {
	keep := map[int]bool{}
	for _, capability := range b.Capabilities {
		keep[capability] = true
	}
	for capability := 0; capability <= unix.CAP_LAST_CAP; capability++ {
		if !keep[capability] {
			// EINVAL: one that this kernel does not know.
			if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(capability), 0, 0, 0); err != nil && err != unix.EINVAL {
				return fmt.Errorf("drop capability %d: %w", capability, err)
			}
		}
	}
	if b.NoNewPrivileges {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return fmt.Errorf("no new privileges: %w", err)
		}
	}
	if err := unix.Setgroups([]int{b.GID}); err != nil {
		return err
	}
	if err := unix.Setgid(b.GID); err != nil {
		return err
	}
	if err := unix.Setuid(b.UID); err != nil {
		return err
	}
	// A change of the user takes this back.
	return unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0, 0, 0)
}

// loopback brings up a network's own interface.
func loopback() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, request)
}
