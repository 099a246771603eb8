package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// load reads a compose file as Docker Compose does, with every profile and without the environment of
// this process. What the loader refuses is an error.
func load(file string, interpolate bool) (*types.Project, error) {
	options, err := cli.NewProjectOptions([]string{file},
		cli.WithWorkingDirectory(filepath.Dir(file)),
		cli.WithInterpolation(interpolate),
		// A name that is still a variable is consistent with nothing.
		cli.WithConsistency(interpolate),
		cli.WithProfiles([]string{"*"}),
		// Only for a file without a name, which the rules refuse.
		cli.WithName(unnamed))
	if err != nil {
		return nil, err
	}
	return options.LoadProject(context.Background())
}

const unnamed = "unnamed"

// world is what the rules compare a compose file with.
type world struct {
	// versions of images by repository, as CI builds the programs in them.
	versions map[string]string
	// searchAttributes of lanes.
	searchAttributes []string
}

var (
	exactTag    = regexp.MustCompile(`^v?\d+\.\d+[\w.-]*$`)
	secretName  = regexp.MustCompile(`(?i)(PASSWORD|PASSWD|PASSPHRASE|_PWD$|^PWD$|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIAL)`)
	secretWords = regexp.MustCompile(`(?i)(?:[a-z]+://[^/\s:@]*:([^@\s/]+)@|(?:password|passwd|_pwd|secret|token)["']?\s*[=:]\s*["']?([^\s"']+)|--(?:pw|password)[= ]+["']?([^\s"']+))`)
	attribute   = regexp.MustCompile(`--name (\w+) --type Keyword`)
)

// complaints are all rules that a project breaks, in a fixed order.
func complaints(file string, of world) ([]string, error) {
	project, err := load(file, true)
	if err != nil {
		return nil, err
	}
	raw, err := load(file, false)
	if err != nil {
		return nil, err
	}
	var found []string
	say := func(format string, parts ...any) { found = append(found, fmt.Sprintf(format, parts...)) }

	if text, err := os.ReadFile(file); err != nil {
		return nil, err
	} else if !regexp.MustCompile(`(?m)^name: \S`).Match(text) {
		say("file: expected a top-level name, found none")
	}
	names := slices.Sorted(maps.Keys(project.Services))
	for _, name := range names {
		service := project.Services[name]
		tagged(service, of, say)
		health(project, service, say)
		mounts(project, service, say)
		ports(service, say)
		if own(service) {
			confined(service, say)
		}
		secrets(raw.Services[name], say)
		order(project, service, say)
	}
	workers(project, say)
	attributes(project, of, say)
	return found, nil
}

type sayer func(format string, parts ...any)

// own says whether the image is Lanekeeper's, and not somebody else's.
func own(service types.ServiceConfig) bool { return service.Build != nil }

// oneShot says whether another service waits for the end of this one.
func oneShot(project *types.Project, name string) bool {
	for _, other := range project.Services {
		if other.DependsOn[name].Condition == types.ServiceConditionCompletedSuccessfully {
			return true
		}
	}
	return false
}

// longRunning says whether "docker compose up" starts a service that is meant to stay.
func longRunning(project *types.Project, service types.ServiceConfig) bool {
	return !oneShot(project, service.Name) && len(service.Profiles) == 0
}

// repositoryAndTag splits an image's name. A port of a registry is no tag.
func repositoryAndTag(image string) (string, string) {
	image, _, _ = strings.Cut(image, "@")
	if colon := strings.LastIndex(image, ":"); colon > strings.LastIndex(image, "/") {
		return image[:colon], image[colon+1:]
	}
	return image, ""
}

func tagged(service types.ServiceConfig, of world, say sayer) {
	repository, tag := repositoryAndTag(service.Image)
	if !exactTag.MatchString(tag) {
		say("service %s: expected an image with a tag of an exact version, found %q", service.Name, service.Image)
		return
	}
	if version, known := of.versions[repository]; known && version != tag {
		say("service %s: expected %s:%s, which .ci/tools builds, found tag %s", service.Name, repository, version, tag)
	}
}

func health(project *types.Project, service types.ServiceConfig, say sayer) {
	if !longRunning(project, service) {
		return
	}
	check := service.HealthCheck
	if check == nil || check.Disable || len(check.Test) == 0 || check.Test[0] == "NONE" {
		say("service %s: expected a health check of a service that stays, found none", service.Name)
	}
}

func mounts(project *types.Project, service types.ServiceConfig, say sayer) {
	for _, volume := range service.Volumes {
		switch volume.Type {
		case types.VolumeTypeVolume:
			if _, declared := project.Volumes[volume.Source]; volume.Source == "" || !declared {
				say("service %s: expected a named volume at %s, found an anonymous one", service.Name, volume.Target)
			}
		case types.VolumeTypeBind:
			if !volume.ReadOnly {
				say("service %s: expected a named volume or a read-only folder at %s, found a folder to write to", service.Name, volume.Target)
			}
		default:
			say("service %s: expected a named volume at %s, found type %s", service.Name, volume.Target, volume.Type)
		}
	}
}

func ports(service types.ServiceConfig, say sayer) {
	for _, port := range service.Ports {
		if port.HostIP != "127.0.0.1" {
			say("service %s: expected port %s published on 127.0.0.1, found %q", service.Name, port.Published, port.HostIP)
		}
	}
	if service.NetworkMode == "host" {
		say("service %s: expected a network of its own, found the host's", service.Name)
	}
}

func confined(service types.ServiceConfig, say sayer) {
	if !service.ReadOnly {
		say("service %s: expected read_only: true, found false", service.Name)
	}
	if user, _, _ := strings.Cut(service.User, ":"); user == "root" || user == "0" {
		say("service %s: expected a user other than root, found %q", service.Name, service.User)
	}
	if !slices.ContainsFunc(service.Tmpfs, func(t string) bool { return t == "/tmp" || strings.HasPrefix(t, "/tmp:") }) {
		say("service %s: expected a tmpfs at /tmp, found %v", service.Name, service.Tmpfs)
	}
	if !slices.Equal(service.CapDrop, []string{"ALL"}) || len(service.CapAdd) > 0 {
		say("service %s: expected cap_drop: [ALL] and no cap_add, found %v and %v", service.Name, service.CapDrop, service.CapAdd)
	}
	if !slices.Contains(service.SecurityOpt, "no-new-privileges:true") {
		say("service %s: expected security_opt no-new-privileges:true, found %v", service.Name, service.SecurityOpt)
	}
	if service.Privileged {
		say("service %s: expected privileged: false, found true", service.Name)
	}
}

// secrets looks at a service as it is written, before variables are replaced.
func secrets(service types.ServiceConfig, say sayer) {
	for _, key := range slices.Sorted(maps.Keys(service.Environment)) {
		value := service.Environment[key]
		if value == nil || *value == "" || strings.HasSuffix(key, "_FILE") {
			continue
		}
		if secretName.MatchString(key) && !fromVariable(*value) || literalSecret(*value) {
			say("service %s: expected no literal secret in %s, found one", service.Name, key)
		}
	}
	words := slices.Concat([]string(service.Entrypoint), []string(service.Command))
	if service.HealthCheck != nil {
		words = append(words, service.HealthCheck.Test...)
	}
	for _, word := range words {
		if literalSecret(word) {
			say("service %s: expected no literal secret in its command, found one", service.Name)
		}
	}
}

// fromVariable says whether a value is one variable, without a value for when it is not set.
func fromVariable(value string) bool {
	return regexp.MustCompile(`^\$(\w+|\{\w+(:?\?[^}]*)?\})$`).MatchString(value)
}

func literalSecret(text string) bool {
	for _, match := range secretWords.FindAllStringSubmatch(text, -1) {
		if value := match[1] + match[2] + match[3]; !strings.HasPrefix(value, "$") {
			return true
		}
	}
	return false
}

func order(project *types.Project, service types.ServiceConfig, say sayer) {
	for _, name := range slices.Sorted(maps.Keys(service.DependsOn)) {
		on := project.Services[name]
		switch condition := service.DependsOn[name].Condition; condition {
		case types.ServiceConditionHealthy:
			if on.HealthCheck == nil || on.HealthCheck.Disable {
				say("service %s: expected %s to have a health check to wait for, found none", service.Name, name)
			}
		case types.ServiceConditionCompletedSuccessfully:
			if on.Restart == types.RestartPolicyAlways || on.Restart == types.RestartPolicyUnlessStopped {
				say("service %s: expected %s to end, found restart: %s", service.Name, name, on.Restart)
			}
		default:
			say("service %s: expected a condition for %s that says when it is ready, found %s", service.Name, name, condition)
		}
	}
}

// workers wants one executor and one reviewer, two identities, on one home.
func workers(project *types.Project, say sayer) {
	identities, homes := map[string]string{}, map[string]string{}
	for _, service := range project.Services {
		if len(service.Command) == 0 || service.Command[0] != "worker" {
			continue
		}
		role := option(service.Command, "--role")
		identities[role] = option(service.Command, "--identity")
		for _, volume := range service.Volumes {
			if volume.Type == types.VolumeTypeVolume {
				homes[role] = volume.Source + " at " + volume.Target
			}
		}
	}
	for _, role := range []string{"executor", "reviewer"} {
		if _, there := identities[role]; !there {
			say("workers: expected one with --role %s, found none", role)
			return
		}
	}
	if identities["executor"] == identities["reviewer"] {
		say("workers: expected two identities, found %q for both", identities["executor"])
	}
	if homes["executor"] != homes["reviewer"] {
		say("workers: expected one home, found %s and %s", homes["executor"], homes["reviewer"])
	}
}

func option(words []string, name string) string {
	if at := slices.Index(words, name); at >= 0 && at+1 < len(words) {
		return words[at+1]
	}
	return ""
}

func attributes(project *types.Project, of world, say sayer) {
	var found []string
	for _, service := range project.Services {
		for _, match := range attribute.FindAllStringSubmatch(strings.Join(service.Command, " "), -1) {
			found = append(found, match[1])
		}
	}
	slices.Sort(found)
	wanted := slices.Sorted(slices.Values(of.searchAttributes))
	if !slices.Equal(found, wanted) {
		say("search attributes: expected %v, found %v", wanted, found)
	}
}
