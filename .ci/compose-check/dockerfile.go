package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// stages of a Dockerfile, as BuildKit reads them.
func stages(file string) ([]instructions.Stage, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	tree, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	parsed, _, err := instructions.Parse(tree.AST, nil)
	if err == nil && len(parsed) == 0 {
		err = fmt.Errorf("%s: no stage", file)
	}
	return parsed, err
}

// recipe is what the last stage says about a container of the image.
type recipe struct {
	entrypoint, command []string
	user, workdir       string
	environment         []string
	health              []string
}

func lastStage(all []instructions.Stage) recipe {
	var found recipe
	for _, command := range all[len(all)-1].Commands {
		switch c := command.(type) {
		case *instructions.EntrypointCommand:
			found.entrypoint = words(c.ShellDependantCmdLine)
		case *instructions.CmdCommand:
			found.command = words(c.ShellDependantCmdLine)
		case *instructions.UserCommand:
			found.user = c.User
		case *instructions.WorkdirCommand:
			found.workdir = c.Path
		case *instructions.EnvCommand:
			for _, pair := range c.Env {
				found.environment = append(found.environment, pair.Key+"="+pair.Value)
			}
		case *instructions.HealthCheckCommand:
			found.health = c.Health.Test
		}
	}
	return found
}

func words(line instructions.ShellDependantCmdLine) []string {
	if line.PrependShell {
		return []string{"/bin/sh", "-c", strings.Join(line.CmdLine, " ")}
	}
	return line.CmdLine
}

var launcherFlag = regexp.MustCompile(`-X\S+`)

// dockerfileComplaints are all rules that a Dockerfile and its .dockerignore break.
func dockerfileComplaints(folder string) ([]string, error) {
	all, err := stages(filepath.Join(folder, "Dockerfile"))
	if err != nil {
		return nil, err
	}
	var found []string
	say := func(format string, parts ...any) { found = append(found, "Dockerfile: "+fmt.Sprintf(format, parts...)) }

	names := map[string]bool{}
	var placed []string
	builds := false
	for _, stage := range all {
		if !names[stage.BaseName] {
			if _, tag := repositoryAndTag(stage.BaseName); !exactTag.MatchString(tag) {
				say("expected a base image with a tag of an exact version, found %q", stage.BaseName)
			}
		}
		names[stage.Name] = stage.Name != ""
		for _, command := range stage.Commands {
			switch c := command.(type) {
			case *instructions.EnvCommand:
				for _, pair := range c.Env {
					if secretName.MatchString(pair.Key) {
						say("expected no secret, found ENV %s", pair.Key)
					}
				}
			case *instructions.ArgCommand:
				for _, arg := range c.Args {
					if secretName.MatchString(arg.Key) {
						say("expected no secret, found ARG %s", arg.Key)
					}
				}
			case *instructions.AddCommand:
				say("expected COPY, found ADD, which fetches and unpacks")
			case *instructions.CopyCommand:
				placed = append(placed, c.DestPath)
			case *instructions.RunCommand:
				line := strings.Join(c.CmdLine, " ")
				builds = builds || strings.HasPrefix(line, "mvn ")
				if literalSecret(line) {
					say("expected no secret, found one in RUN")
				}
			}
		}
	}
	if len(all) < 2 || !builds {
		say("expected a stage that builds with Maven before the last one, found none")
	}

	last := lastStage(all)
	if user, _, _ := strings.Cut(last.user, ":"); user == "" || user == "root" || user == "0" {
		say("expected a USER other than root, found %q", last.user)
	}
	if len(last.health) == 0 || last.health[0] == "NONE" {
		say("expected a HEALTHCHECK, found none")
	}
	jar := option(last.entrypoint, "-jar")
	if len(last.entrypoint) == 0 || last.entrypoint[0] != "java" || !slices.Contains(placed, jar) {
		say("expected an ENTRYPOINT that runs java with a jar that COPY placed, found %q", last.entrypoint)
	}
	launcher, err := os.ReadFile(filepath.Join(folder, "lanekeeper"))
	if err != nil {
		return nil, err
	}
	_, start, _ := strings.Cut(string(launcher), `exec "$java" `)
	for _, flag := range launcherFlag.FindAllString(strings.SplitN(start, "\\", 2)[0], -1) {
		if !slices.Contains(last.entrypoint, flag) {
			say("expected the launcher's flag %s in ENTRYPOINT, found %q", flag, last.entrypoint)
		}
	}

	ignored, err := ignore(folder)
	if err != nil {
		return nil, err
	}
	for _, path := range []string{"secrets/postgres-password", ".env", ".git/config", "starter/target/lanekeeper.jar"} {
		if out, err := ignored.MatchesOrParentMatches(path); err != nil {
			return nil, err
		} else if !out {
			found = append(found, fmt.Sprintf(".dockerignore: expected %s kept out of the build, found it let in", path))
		}
	}
	return found, nil
}

func ignore(folder string) (*patternmatcher.PatternMatcher, error) {
	file, err := os.Open(filepath.Join(folder, ".dockerignore"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	patterns, err := ignorefile.ReadAll(file)
	if err != nil {
		return nil, err
	}
	return patternmatcher.New(patterns)
}
