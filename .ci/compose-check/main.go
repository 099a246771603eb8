// Checks docker-compose.yml and Dockerfile, and runs the services of the one from the image of the
// other without a container engine.
//
//	compose-check check FOLDER              the rules; prints what is broken and fails
//	compose-check plan FOLDER               the services as JSON, in the order in which they start
//	compose-check run FOLDER PROGRAMS WORK  starts the services, runs a lane, stops them
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	if err := command(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "compose:", err)
		os.Exit(1)
	}
}

func command(words []string) error {
	switch {
	case len(words) == 2 && words[0] == "check":
		return check(words[1])
	case len(words) == 2 && words[0] == "plan":
		project, err := load(filepath.Join(words[1], "docker-compose.yml"), true)
		if err != nil {
			return err
		}
		out := json.NewEncoder(os.Stdout)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		return out.Encode(plan(project))
	case len(words) == 4 && words[0] == "run":
		return run(words[1], words[2], words[3])
	case len(words) == 2 && words[0] == inside:
		return enter(words[1])
	}
	return fmt.Errorf("expected check FOLDER, plan FOLDER or run FOLDER PROGRAMS WORK, found %v", words)
}

func check(folder string) error {
	of, err := known(folder)
	if err != nil {
		return err
	}
	found, err := complaints(filepath.Join(folder, "docker-compose.yml"), of)
	if err != nil {
		return err
	}
	more, err := dockerfileComplaints(folder)
	if err != nil {
		return err
	}
	found = append(found, more...)
	if len(found) > 0 {
		return fmt.Errorf("%d rules are broken:\n  %s", len(found), strings.Join(found, "\n  "))
	}
	fmt.Println("compose: docker-compose.yml and Dockerfile parse, and keep every rule")
	return nil
}

// known reads what the compose file has to agree with from the rest of the repository.
func known(folder string) (world, error) {
	modules, err := os.ReadFile(filepath.Join(folder, ".ci", "tools", "go.mod"))
	if err != nil {
		return world{}, err
	}
	version := func(module string) string {
		match := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(module) + ` v(\S+)`).FindSubmatch(modules)
		if match == nil {
			return "of " + module
		}
		return string(match[1])
	}
	names, err := os.ReadFile(filepath.Join(folder, "workflows", "src", "main", "java",
		"dev", "lanekeeper", "workflow", "LaneAttributes.java"))
	if err != nil {
		return world{}, err
	}
	var attributes []string
	for _, match := range regexp.MustCompile(`forKeyword\("(\w+)"\)`).FindAllSubmatch(names, -1) {
		attributes = append(attributes, string(match[1]))
	}
	server := version("go.temporal.io/server")
	return world{
		versions: map[string]string{
			"temporalio/server":      server,
			"temporalio/admin-tools": server,
			"temporalio/ui":          version("github.com/temporalio/ui-server/v2"),
		},
		searchAttributes: attributes,
	}, nil
}
