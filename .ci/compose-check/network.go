package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// The network of a project: a bridge, and one address for each container on it. Nothing leads out.
const (
	subnet = "10.77.0."
	bridge = "lanes"
)

// network makes the bridge, in a network namespace that must be empty.
func network() error {
	text, err := os.ReadFile("/proc/net/dev")
	if err != nil {
		return err
	}
	if strings.Count(string(text), ":") != 1 {
		return fmt.Errorf("expected a network namespace of its own, found this machine's network: use .ci/compose run")
	}
	return ip(
		"link set lo up",
		"link add "+bridge+" type bridge",
		"addr add "+subnet+"1/24 dev "+bridge,
		"link set "+bridge+" up",
	)
}

// connect puts a process's network on the bridge.
func connect(process, number int, address string) error {
	near, far := "c"+strconv.Itoa(number), "eth0"
	if err := ip(
		fmt.Sprintf("link add %s type veth peer name %s netns %d", near, far, process),
		fmt.Sprintf("link set %s master %s up", near, bridge),
	); err != nil {
		return err
	}
	for _, line := range []string{"addr add " + address + "/24 dev " + far, "link set " + far + " up"} {
		words := append([]string{"--target", strconv.Itoa(process), "--net", "ip"}, strings.Fields(line)...)
		if out, err := exec.Command("nsenter", words...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", line, err, out)
		}
	}
	return nil
}

func ip(lines ...string) error {
	for _, line := range lines {
		if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", line, err, out)
		}
	}
	return nil
}

// addresses gives each service its own, and writes them where the containers read names.
func addresses(names []string, work string) (map[string]string, error) {
	all := map[string]string{}
	text := "127.0.0.1 localhost\n"
	for i, name := range names {
		all[name] = subnet + strconv.Itoa(10+i)
		text += all[name] + " " + name + "\n"
	}
	return all, os.WriteFile(filepath.Join(work, "hosts"), []byte(text), 0o644)
}
