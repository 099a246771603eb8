package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// An image is a root folder, what is mounted over it, and what its author says about containers.
type image struct {
	root  string
	binds []bind
	recipe
	stop syscall.Signal
}

const plainPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

//go:embed postgres-entrypoint.sh
var postgresEntrypoint []byte

// images makes what stands in for each image of a project, from programs that were built for it and
// from this machine's own.
func images(project *types.Project, folder, programs, work string) (map[string]image, error) {
	made := map[string]image{}
	for _, service := range project.Services {
		if _, done := made[service.Image]; done {
			continue
		}
		repository, tag := repositoryAndTag(service.Image)
		root := filepath.Join(work, "images", strings.NewReplacer("/", "-", ":", "-").Replace(service.Image))
		var of image
		var err error
		switch {
		case own(service):
			of, err = built(folder, root, work)
		case repository == "postgres":
			of, err = postgres(root, tag)
		case repository == "temporalio/server":
			of, err = alpine(root, programs, "/etc/temporal", map[string]string{"temporal-server": "/usr/local/bin/temporal-server"})
		case repository == "temporalio/admin-tools":
			of, err = alpine(root, programs, "/", map[string]string{
				"temporal": "/usr/local/bin/temporal", "temporal-sql-tool": "/usr/local/bin/temporal-sql-tool",
			})
		case repository == "temporalio/ui":
			of, err = alpine(root, programs, "/home/ui-server", map[string]string{
				"ui-server": "/home/ui-server/ui-server", "ui-docker.yaml": "/home/ui-server/config/docker.yaml",
			})
		default:
			err = errors.New("nothing stands in for it")
		}
		if err != nil {
			return nil, fmt.Errorf("image %s: %w", service.Image, err)
		}
		made[service.Image] = of
	}
	return made, nil
}

// alpine is a root as Temporal's images have it: busybox, and programs that need no library.
func alpine(root, programs, workdir string, placed map[string]string) (image, error) {
	if err := folders(root, "bin", "etc", "tmp", "run", workdir); err != nil {
		return image{}, err
	}
	if err := copyFile("/bin/busybox", filepath.Join(root, "bin", "busybox")); err != nil {
		return image{}, fmt.Errorf("expected Debian's busybox-static: %w", err)
	}
	applets, err := exec.Command("/bin/busybox", "--list").Output()
	if err != nil {
		return image{}, err
	}
	for _, applet := range strings.Fields(string(applets)) {
		if err := os.Symlink("busybox", filepath.Join(root, "bin", applet)); err != nil && !errors.Is(err, fs.ErrExist) {
			return image{}, err
		}
	}
	for from, to := range placed {
		if err := copyFile(filepath.Join(programs, from), filepath.Join(root, to)); err != nil {
			return image{}, err
		}
	}
	users := "root:x:0:0::/root:/bin/sh\ntemporal:x:1000:1000::/home/temporal:/bin/sh\n"
	if err := os.WriteFile(filepath.Join(root, "etc", "passwd"), []byte(users), 0o644); err != nil {
		return image{}, err
	}
	return image{
		root: root, stop: syscall.SIGTERM,
		recipe: recipe{user: "1000:1000", workdir: workdir, environment: []string{plainPath}},
	}, nil
}

// debian is a root with this machine's programs, none of which can be changed.
func debian(root string) (image, error) {
	if err := folders(root, "etc", "tmp", "run", "var/lib", "root", "opt"); err != nil {
		return image{}, err
	}
	if err := os.Chmod(filepath.Join(root, "tmp"), 0o777|os.ModeSticky); err != nil {
		return image{}, err
	}
	of := image{root: root, stop: syscall.SIGTERM, recipe: recipe{environment: []string{plainPath}, workdir: "/"}}
	of.binds = []bind{{From: "/usr", To: "/usr", ReadOnly: true}}
	for _, top := range []string{"/bin", "/sbin", "/lib", "/lib64"} {
		if link, err := os.Readlink(top); err == nil {
			if err := os.Symlink(link, filepath.Join(root, top)); err != nil {
				return image{}, err
			}
		} else if _, err := os.Stat(top); err == nil {
			of.binds = append(of.binds, bind{From: top, To: top, ReadOnly: true})
		}
	}
	settings, err := filepath.Glob("/etc/java-*")
	if err != nil {
		return image{}, err
	}
	for _, setting := range append(settings, "/etc/passwd", "/etc/group", "/etc/login.defs", "/etc/default",
		"/etc/nsswitch.conf", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/ssl") {
		if _, err := os.Stat(setting); err != nil {
			continue
		}
		if out, err := exec.Command("cp", "-a", setting, filepath.Join(root, "etc")).CombinedOutput(); err != nil {
			return image{}, fmt.Errorf("%s: %s", setting, out)
		}
	}
	return of, nil
}

// postgres is Debian's PostgreSQL, with a short form of the image's entrypoint.
func postgres(root, tag string) (image, error) {
	of, err := debian(root)
	if err != nil {
		return image{}, err
	}
	major, _, _ := strings.Cut(tag, ".")
	programs := "/usr/lib/postgresql/" + major + "/bin"
	if _, err := os.Stat(filepath.Join(programs, "postgres")); err != nil {
		return image{}, fmt.Errorf("expected Debian's PostgreSQL %s: %w", major, err)
	}
	if err := os.WriteFile(filepath.Join(root, "docker-entrypoint.sh"), postgresEntrypoint, 0o755); err != nil {
		return image{}, err
	}
	if err := folders(root, "run/postgresql"); err != nil {
		return image{}, err
	}
	if err := os.Symlink("/run", filepath.Join(root, "var/run")); err != nil {
		return image{}, err
	}
	if err := os.Chmod(filepath.Join(root, "run/postgresql"), 0o777|os.ModeSticky); err != nil {
		return image{}, err
	}
	of.recipe = recipe{
		entrypoint:  []string{"/docker-entrypoint.sh"},
		command:     []string{"postgres"},
		workdir:     "/",
		environment: []string{plainPath + ":" + programs, "PGDATA=/var/lib/postgresql/data", "LANG=C.UTF-8"},
	}
	of.stop = syscall.SIGINT
	return of, nil
}

// built follows the Dockerfile: the build stage on this machine, with its Maven and its local
// repository, and the last stage in a root with this machine's programs and its Java.
func built(folder, root, work string) (image, error) {
	all, err := stages(filepath.Join(folder, "Dockerfile"))
	if err != nil {
		return image{}, err
	}
	roots := map[string]string{}
	for i, stage := range all[:len(all)-1] {
		at := filepath.Join(work, "stages", strconv.Itoa(i))
		if err := folders(at, "."); err != nil {
			return image{}, err
		}
		roots[stage.Name] = at
		if err := follow(stage, folder, at, roots, func(line, workdir string) error {
			cmd := exec.Command("/bin/sh", "-c", line)
			cmd.Dir = filepath.Join(at, workdir)
			return logged(cmd, filepath.Join(work, "logs", "build.log"))
		}); err != nil {
			return image{}, err
		}
	}
	of, err := debian(root)
	if err != nil {
		return image{}, err
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return image{}, err
	}
	if java, err = filepath.EvalSymlinks(java); err != nil {
		return image{}, err
	}
	// Where the base image has it.
	const home = "/opt/java/openjdk"
	of.binds = append(of.binds, bind{From: filepath.Dir(filepath.Dir(java)), To: home, ReadOnly: true})
	last := all[len(all)-1]
	base := []string{strings.Replace(plainPath, "PATH=", "PATH="+home+"/bin:", 1), "JAVA_HOME=" + home, "LANG=C.UTF-8"}
	if err := follow(last, folder, root, roots, func(line, workdir string) error {
		b := box{
			Hostname: "build", Root: root, Binds: of.binds, Workdir: "/", Environment: base, Words: []string{"/bin/sh", "-c", line}, Capabilities: usual,
		}
		cmd, err := b.command(filepath.Join(work, "stage.json"))
		if err != nil {
			return err
		}
		return logged(cmd, filepath.Join(work, "logs", "build.log"))
	}); err != nil {
		return image{}, err
	}
	of.recipe = lastStage(all)
	of.environment = append(base, of.environment...)
	return of, nil
}

// follow does what COPY, WORKDIR and RUN of a stage say; the rest is for the container.
func follow(stage instructions.Stage, folder, root string, roots map[string]string, perform func(line, workdir string) error) error {
	workdir := "/"
	for _, command := range stage.Commands {
		switch c := command.(type) {
		case *instructions.WorkdirCommand:
			workdir = c.Path
			if err := folders(root, workdir); err != nil {
				return err
			}
		case *instructions.RunCommand:
			fmt.Printf("  RUN %s\n", strings.Join(c.CmdLine, " "))
			if err := perform(strings.Join(c.CmdLine, " "), workdir); err != nil {
				return fmt.Errorf("RUN %s: %w", strings.Join(c.CmdLine, " "), err)
			}
		case *instructions.CopyCommand:
			for _, source := range c.SourcePaths {
				to := c.DestPath
				if !filepath.IsAbs(to) {
					to = filepath.Join(workdir, to)
				}
				if strings.HasSuffix(c.DestPath, "/") {
					to = filepath.Join(to, filepath.Base(source))
				}
				fmt.Printf("  COPY %s to %s\n", source, to)
				var err error
				if c.From != "" {
					err = copyTree(filepath.Join(roots[c.From], source), filepath.Join(root, to), func(string) bool { return false })
				} else {
					err = copyContext(folder, source, filepath.Join(root, to))
				}
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// copyContext copies what .dockerignore lets into a build.
func copyContext(folder, source, to string) error {
	ignored, err := ignore(folder)
	if err != nil {
		return err
	}
	return copyTree(filepath.Join(folder, source), to, func(path string) bool {
		relative, err := filepath.Rel(folder, path)
		if err != nil {
			return true
		}
		out, err := ignored.MatchesOrParentMatches(relative)
		return err != nil || out
	})
}

func copyTree(from, to string, skip func(path string) bool) error {
	copied := 0
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() || skip(path) {
			return nil
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		copied++
		return copyFile(path, filepath.Join(to, relative))
	})
	if err == nil && copied == 0 {
		err = fmt.Errorf("expected something to copy at %s, found nothing that .dockerignore lets in", from)
	}
	return err
}

func copyFile(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

func folders(root string, names ...string) error {
	for _, name := range names {
		if err := os.MkdirAll(filepath.Join(root, name), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// ids of a user as an image knows it: NAME, UID or UID:GID, and the home that its passwd names.
func (i image) ids(user string) (uid, gid int, home string, err error) {
	name, group, _ := strings.Cut(user, ":")
	if name == "" {
		name = "0"
	}
	text, err := os.ReadFile(filepath.Join(i.root, "etc", "passwd"))
	if err != nil {
		return 0, 0, "", err
	}
	lines := strings.Split(string(text), "\n")
	at := slices.IndexFunc(lines, func(line string) bool {
		f := strings.Split(line, ":")
		return len(f) > 5 && (f[0] == name || f[2] == name)
	})
	home = "/"
	fields := []string{name, "", name, name}
	if at >= 0 {
		fields = strings.Split(lines[at], ":")
		home = fields[5]
	}
	if uid, err = strconv.Atoi(fields[2]); err != nil {
		return 0, 0, "", fmt.Errorf("user %q: %w", user, err)
	}
	if group == "" {
		group = fields[3]
	}
	gid, err = strconv.Atoi(group)
	return uid, gid, home, err
}

// logged runs a command; its output goes to the end of a file, and its last lines into the error.
func logged(cmd *exec.Cmd, file string) error {
	log, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w\n%s", err, tail(file, 30))
	}
	return nil
}

func tail(file string, count int) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return "    " + strings.Join(lines[max(0, len(lines)-count):], "\n    ")
}
