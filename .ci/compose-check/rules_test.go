package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const repository = "../.."

// broken copies the repository's file with one change into a folder of its own.
func broken(t *testing.T, name, from, to string) string {
	t.Helper()
	folder := t.TempDir()
	for _, file := range []string{"docker-compose.yml", "Dockerfile", ".dockerignore", "lanekeeper"} {
		text, err := os.ReadFile(filepath.Join(repository, file))
		if err != nil {
			t.Fatal(err)
		}
		changed := string(text)
		if file == name {
			changed = strings.Replace(changed, from, to, 1)
			if changed == string(text) {
				t.Fatalf("%s does not contain %q", name, from)
			}
		}
		if err := os.WriteFile(filepath.Join(folder, file), []byte(changed), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func wantOnly(t *testing.T, found []string, wanted ...string) {
	t.Helper()
	if !slices.Equal(found, wanted) {
		t.Errorf("expected\n  %s\nfound\n  %s", strings.Join(wanted, "\n  "), strings.Join(found, "\n  "))
	}
}

func TestRepository_keepsEveryRule(t *testing.T) {
	of, err := known(repository)
	if err != nil {
		t.Fatal(err)
	}
	if len(of.searchAttributes) != 5 {
		t.Errorf("expected five search attributes in the sources, found %v", of.searchAttributes)
	}
	found, err := complaints(filepath.Join(repository, "docker-compose.yml"), of)
	if err != nil {
		t.Fatal(err)
	}
	wantOnly(t, found)
	if found, err = dockerfileComplaints(repository); err != nil {
		t.Fatal(err)
	}
	wantOnly(t, found)
}

func TestComposeFile_thatBreaksARule_isToldWhich(t *testing.T) {
	of, err := known(repository)
	if err != nil {
		t.Fatal(err)
	}
	const postgres = "image: postgres:15.18-bookworm\n"
	for name, test := range map[string]struct {
		from, to string
		wanted   []string
	}{
		"no name": {"\nname: lanekeeper\n", "\n", []string{
			"file: expected a top-level name, found none"}},
		"latest": {"postgres:15.18-bookworm", "postgres:latest", []string{
			`service postgres: expected an image with a tag of an exact version, found "postgres:latest"`}},
		"no tag": {"postgres:15.18-bookworm", "registry.example:5000/postgres", []string{
			`service postgres: expected an image with a tag of an exact version, found "registry.example:5000/postgres"`}},
		"a tag that moves": {"postgres:15.18-bookworm", "postgres:15", []string{
			`service postgres: expected an image with a tag of an exact version, found "postgres:15"`}},
		"another version than CI's": {"temporalio/server:1.32.0", "temporalio/server:1.31.0", []string{
			"service temporal: expected temporalio/server:1.32.0, which .ci/tools builds, found tag 1.31.0"}},
		"no health check": {"    healthcheck:\n      test: [CMD, wget, -q, -O, /dev/null, \"http://127.0.0.1:8080/healthz\"]\n", "    x-healthcheck:\n", []string{
			"service temporal-ui: expected a health check of a service that stays, found none"}},
		"a health check switched off": {`test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1:8080/healthz"]`, "disable: true", []string{
			"service temporal-ui: expected a health check of a service that stays, found none"}},
		"an anonymous volume": {"- database:/var", "- /var", []string{
			"service postgres: expected a named volume at /var/lib/postgresql/data, found an anonymous one"}},
		"a folder to write to": {"- database:/var", "- ./database:/var", []string{
			"service postgres: expected a named volume or a read-only folder at /var/lib/postgresql/data, found a folder to write to"}},
		"a volume that is lost": {"- database:/var", "- type: tmpfs\n        target: /var", []string{
			"service postgres: expected a named volume at /var/lib/postgresql/data, found type tmpfs"}},
		"a port for everybody": {"127.0.0.1:8080:8080", "8080:8080", []string{
			`service temporal-ui: expected port 8080 published on 127.0.0.1, found ""`}},
		"a port for a network": {"127.0.0.1:7233:7233", "0.0.0.0:7233:7233", []string{
			`service temporal: expected port 7233 published on 127.0.0.1, found "0.0.0.0"`}},
		"the host's network": {postgres, postgres + "    network_mode: host\n", []string{
			"service postgres: expected a network of its own, found the host's"}},
		"a root that can be written to": {"  read_only: true\n", "", each(
			"expected read_only: true, found false")},
		"root": {"  read_only: true\n", "  read_only: true\n  user: \"0:0\"\n", each(
			`expected a user other than root, found "0:0"`)},
		"no tmpfs": {`  tmpfs: ["/tmp:mode=1777"]` + "\n", "", each(
			"expected a tmpfs at /tmp, found []")},
		"capabilities": {"  cap_drop: [ALL]\n  security_opt: [\"no-new-privileges:true\"]\n  volumes", "  cap_drop: [NET_RAW]\n  security_opt: [\"no-new-privileges:true\"]\n  volumes", each(
			"expected cap_drop: [ALL] and no cap_add, found [NET_RAW] and []")},
		"a capability added": {"  read_only: true\n", "  read_only: true\n  cap_add: [CHOWN]\n", each(
			"expected cap_drop: [ALL] and no cap_add, found [ALL] and [CHOWN]")},
		"new privileges": {"  security_opt: [\"no-new-privileges:true\"]\n  volumes", "  volumes", each(
			"expected security_opt no-new-privileges:true, found []")},
		"privileged": {"  read_only: true\n", "  read_only: true\n  privileged: true\n", each(
			"expected privileged: false, found true")},
		"a password in the environment": {"POSTGRES_PASSWORD_FILE: /run/secrets/postgres-password", "POSTGRES_PASSWORD: temporal", []string{
			"service postgres: expected no literal secret in POSTGRES_PASSWORD, found one"}},
		"a password for when there is none": {"POSTGRES_PASSWORD_FILE: /run/secrets/postgres-password", "POSTGRES_PASSWORD: ${PASSWORD:-temporal}", []string{
			"service postgres: expected no literal secret in POSTGRES_PASSWORD, found one"}},
		"a password in a command": {`SQL_PASSWORD="$$(cat /run/secrets/postgres-password)"`, "SQL_PASSWORD=temporal", []string{
			"service temporal-schema: expected no literal secret in its command, found one"}},
		"a password as an option": {"temporal-sql-tool --db $$database create", "temporal-sql-tool --pw temporal --db $$database create", []string{
			"service temporal-schema: expected no literal secret in its command, found one"}},
		"a password in an address": {"SQL_HOST: postgres", "SQL_HOST: postgres://temporal:temporal@postgres", []string{
			"service temporal-schema: expected no literal secret in SQL_HOST, found one"}},
		"nothing to wait for": {"temporal-schema: {condition: service_completed_successfully}", "temporal-schema: {condition: service_started}", []string{
			"service temporal: expected a condition for temporal-schema that says when it is ready, found service_started",
			// Then nothing says any more that it ends.
			"service temporal-schema: expected a health check of a service that stays, found none"}},
		"no end to wait for": {"  restart: on-failure:5\n", "  restart: always\n", []string{
			"service executor: expected temporal-namespace to end, found restart: always",
			"service reviewer: expected temporal-namespace to end, found restart: always",
			"service temporal: expected temporal-schema to end, found restart: always",
			"service temporal-ui: expected temporal-namespace to end, found restart: always"}},
		"no health to wait for": {"    healthcheck:\n      # By TCP", "    x-healthcheck:\n      # By TCP", []string{
			"service postgres: expected a health check of a service that stays, found none",
			"service temporal: expected postgres to have a health check to wait for, found none",
			"service temporal-schema: expected postgres to have a health check to wait for, found none"}},
		"one identity": {"--identity, reviewer]", "--identity, executor]", []string{
			`workers: expected two identities, found "executor" for both`}},
		"no reviewer": {"--role, reviewer,", "--role, both,", []string{
			"workers: expected one with --role reviewer, found none"}},
		"two homes": {"  reviewer:\n    <<: *worker\n", "  reviewer:\n    <<: *worker\n    volumes: [\"database:/var/lib/lanekeeper\"]\n", []string{
			"workers: expected one home, found home at /var/lib/lanekeeper and database at /var/lib/lanekeeper"}},
		"a search attribute less": {"          --name LaneStage --type Keyword \\\n", "", []string{
			"search attributes: expected [LaneName LanePlanDigest LaneRejectCode LaneStage LaneStatus], found [LaneName LanePlanDigest LaneRejectCode LaneStatus]"}},
	} {
		t.Run(name, func(t *testing.T) {
			folder := broken(t, "docker-compose.yml", test.from, test.to)
			found, err := complaints(filepath.Join(folder, "docker-compose.yml"), of)
			if err != nil {
				t.Fatal(err)
			}
			wantOnly(t, found, test.wanted...)
		})
	}
}

// each is one complaint about every service that runs Lanekeeper's image.
func each(complaint string) []string {
	var all []string
	for _, service := range []string{"executor", "knowledge-base", "lanekeeper", "reviewer"} {
		all = append(all, "service "+service+": "+complaint)
	}
	return all
}

func TestComposeFile_thatTheLoaderRefuses_isRefused(t *testing.T) {
	for name, test := range map[string]struct{ from, to, wanted string }{
		"an unknown field":     {"    shm_size: 128mb\n", "    shm_sise: 128mb\n", "services.postgres.shm_sise false schema"},
		"a secret's content":   {"file: ./secrets/postgres-password", "content: temporal", "additional properties 'content' not allowed"},
		"an undeclared volume": {"- database:/var", "- data:/var", "undefined volume data"},
		"an undeclared secret": {"secrets: [postgres-password]", "secrets: [password]", "undefined secret password"},
		"an unknown service":   {"postgres: {condition: service_healthy}", "database: {condition: service_healthy}", "depends on undefined service \"database\""},
		"an unknown condition": {"{condition: service_healthy}", "{condition: service_well}", "condition value must be one of"},
		"a circle":             {"    secrets: [postgres-password]\n    volumes:", "    depends_on: {temporal: {condition: service_healthy}}\n    secrets: [postgres-password]\n    volumes:", "dependency cycle detected"},
		"a broken line":        {"\nname: lanekeeper\n", "\nname: [lanekeeper\n", "yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := broken(t, "docker-compose.yml", test.from, test.to)
			found, err := complaints(filepath.Join(folder, "docker-compose.yml"), world{})
			if err == nil || !strings.Contains(err.Error(), test.wanted) {
				t.Errorf("expected an error with %q, found %v and %v", test.wanted, err, found)
			}
		})
	}
}

func TestDockerfile_thatBreaksARule_isToldWhich(t *testing.T) {
	const placed = "COPY examples /opt/lanekeeper/examples\n"
	for name, test := range map[string]struct {
		file, from, to string
		wanted         []string
	}{
		"a base image that moves": {"Dockerfile", "eclipse-temurin:17.0.19_10-jre-noble", "eclipse-temurin:17-jre", []string{
			`Dockerfile: expected a base image with a tag of an exact version, found "eclipse-temurin:17-jre"`}},
		"latest": {"Dockerfile", "maven:3.9.11-eclipse-temurin-17", "maven", []string{
			`Dockerfile: expected a base image with a tag of an exact version, found "maven"`}},
		"no user": {"Dockerfile", "USER 10001:10001\n", "", []string{
			`Dockerfile: expected a USER other than root, found ""`}},
		"root": {"Dockerfile", "USER 10001:10001\n", "USER 10001\nUSER root\n", []string{
			`Dockerfile: expected a USER other than root, found "root"`}},
		"a secret": {"Dockerfile", placed, placed + "ENV DB_PASSWORD=x\n", []string{
			"Dockerfile: expected no secret, found ENV DB_PASSWORD"}},
		"an argument for a secret": {"Dockerfile", placed, placed + "ARG REGISTRY_TOKEN\n", []string{
			"Dockerfile: expected no secret, found ARG REGISTRY_TOKEN"}},
		"a secret in a command": {"Dockerfile", placed, placed + "RUN fetch --password hunter2\n", []string{
			"Dockerfile: expected no secret, found one in RUN"}},
		"something fetched": {"Dockerfile", placed, placed + "ADD https://example.com/x /x\n", []string{
			"Dockerfile: expected COPY, found ADD, which fetches and unpacks"}},
		"no build": {"Dockerfile", "RUN mvn ", "RUN gradle ", []string{
			"Dockerfile: expected a stage that builds with Maven before the last one, found none"}},
		"no health check": {"Dockerfile", "HEALTHCHECK ", "# ", []string{
			"Dockerfile: expected a HEALTHCHECK, found none",
		}},
		"a jar from elsewhere": {"Dockerfile", `"-jar", "/opt/lanekeeper/lanekeeper.jar"`, `"-jar", "/lanekeeper.jar"`, []string{
			`Dockerfile: expected an ENTRYPOINT that runs java with a jar that COPY placed, found ["java" "-XX:+UseSerialGC" "-XX:TieredStopAtLevel=1" "-XX:-UsePerfData" "-Xshare:auto" "-Xlog:disable" "-Xlog:all=off" "-Dlanekeeper.command=lanekeeper" "-Dlanekeeper.examples=/opt/lanekeeper/examples" "-jar" "/lanekeeper.jar"]`}},
		"a flag of the launcher less": {"Dockerfile", `"-XX:+UseSerialGC", `, "", []string{
			`Dockerfile: expected the launcher's flag -XX:+UseSerialGC in ENTRYPOINT, found ["java" "-XX:TieredStopAtLevel=1" "-XX:-UsePerfData" "-Xshare:auto" "-Xlog:disable" "-Xlog:all=off" "-Dlanekeeper.command=lanekeeper" "-Dlanekeeper.examples=/opt/lanekeeper/examples" "-jar" "/opt/lanekeeper/lanekeeper.jar"]`}},
		"a secret let into the build": {".dockerignore", "!starter\n", "!starter\n!secrets\n", []string{
			".dockerignore: expected secrets/postgres-password kept out of the build, found it let in"}},
		"a former build let in": {".dockerignore", "**/target\n", "", []string{
			".dockerignore: expected starter/target/lanekeeper.jar kept out of the build, found it let in"}},
	} {
		t.Run(name, func(t *testing.T) {
			folder := broken(t, test.file, test.from, test.to)
			if name == "no health check" {
				// Its second line with it.
				file := filepath.Join(folder, "Dockerfile")
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				before, _, _ := strings.Cut(string(text), "\n# --interval")
				if err := os.WriteFile(file, []byte(before+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			found, err := dockerfileComplaints(folder)
			if err != nil {
				t.Fatal(err)
			}
			wantOnly(t, found, test.wanted...)
		})
	}
}

func TestDockerfile_thatTheParserRefuses_isRefused(t *testing.T) {
	folder := broken(t, "Dockerfile", "WORKDIR /src", "WORKDIRS /src")
	if found, err := dockerfileComplaints(folder); err == nil || !strings.Contains(err.Error(), "unknown instruction: WORKDIRS") {
		t.Errorf("expected the unknown instruction refused, found %v and %v", err, found)
	}
}
