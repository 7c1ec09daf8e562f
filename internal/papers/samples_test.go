package papers_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"swapnest/internal/testkit"
)

// TestTheSampleUnitStartsANode reads deploy/swapnest.service, has systemd look at it where there is
// one, and starts what it starts, with the environment of deploy/environment.example.
func TestTheSampleUnitStartsANode(t *testing.T) {
	t.Parallel()
	unit := map[string]string{} // the last value of each
	for line := range strings.Lines(read(t, "deploy/swapnest.service")) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "[") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			t.Fatalf("what is %q?", line)
		}
		unit[name] = value
	}
	for name, want := range map[string]string{
		"TimeoutStopSec": "25", // longer than the 20 s of docs/operations.md
		"Restart":        "on-failure", "KillSignal": "SIGTERM", "User": "swapnest", "EnvironmentFile": "/etc/swapnest/environment",
		// What the command names is there, and may be written to.
		"RequiresMountsFor": "/srv/swapnest/blobs", "ReadWritePaths": "/srv/swapnest/blobs", "StateDirectory": "swapnest", "ProtectSystem": "strict",
	} {
		if unit[name] != want {
			t.Errorf("%s is %q, want %q", name, unit[name], want)
		}
	}
	l := newLand(t)
	here := []string{
		"/usr/local/bin/swapnest", program(t, "swapnest"), "/var/lib/swapnest", filepath.Join(l.dir, "state"),
		"/srv/swapnest/blobs", filepath.Join(l.dir, "blobs"), sampleNodes[0], "127.0.0.1:0", "10.0.0.10/32", "127.0.0.1/32",
	}
	env := swap(t, read(t, "deploy/environment.example"), "postgres://swapnest:PASSWORD@db/swapnest", settingOf(l, "SWAPNEST_DATABASE_URL"),
		"redis://:PASSWORD@redis:6379", settingOf(l, "SWAPNEST_REDIS_URL"))
	var settings []string
	for line := range strings.Lines(env) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			settings = append(settings, line)
		}
	}
	if len(settings) != 3 {
		t.Errorf("the environment is %q, want three settings", settings)
	}
	command := swap(t, unit["ExecStart"], here...)
	c := exec.CommandContext(context.Background(), strings.Fields(command)[0], strings.Fields(command)[1:]...)
	c.Env = append(environment(), settings...)
	s := started(t, c)
	askReady(t, s, command)
	if said := runIn(t, l.dir, "swapnest ready --listen "+s.at, ""); !strings.Contains(said, `"bus":`) {
		t.Errorf("it is not one of several: %s", said)
	}

	if path, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Logf("systemd has not looked at it: %v", err)
	} else {
		copied := filepath.Join(l.dir, "swapnest.service")
		write(t, copied, swap(t, read(t, "deploy/swapnest.service"), here[:2]...))
		if said := runIn(t, l.dir, path+" verify "+copied+" 2>&1", ""); said != "" {
			t.Errorf("systemd says %s", said)
		}
	}
}

// settingOf is one of a land's settings.
func settingOf(l *land, name string) string {
	for _, v := range l.env {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	l.t.Fatalf("there is no %s", name)
	return ""
}

// composition is what this test reads of deploy/compose.yaml.
type composition struct {
	Services map[string]struct {
		Image, Build    any
		Command         []string
		Environment     map[string]string
		Volumes, Ports  []string
		DependsOn       any `yaml:"depends_on"`
		Networks        any
		Healthcheck     struct{ Test []string }
		StopGracePeriod string `yaml:"stop_grace_period"`
	}
	Volumes  map[string]any
	Networks map[string]any
}

// TestTheSampleCompositionFitsTheProgram reads deploy/compose.yaml and starts its nodes and its Redis
// as they stand there, with a PostgreSQL of the test's own.
func TestTheSampleCompositionFitsTheProgram(t *testing.T) {
	t.Parallel()
	l := newLand(t)
	text := read(t, "deploy/compose.yaml")
	text = regexp.MustCompile(`\$\{([A-Z_]+):\?[^}]*\}`).ReplaceAllString(text, "secret")
	var c composition
	if err := yaml.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	conf, docker := read(t, "deploy/nginx.conf"), read(t, "deploy/Dockerfile")
	volumes := map[string][]string{} // of each service, where they are in it
	for name, s := range c.Services {
		for _, v := range s.Volumes {
			parts := strings.Split(v, ":")
			if strings.HasPrefix(parts[0], "./") {
				if _, err := os.Stat(filepath.Join(root, "deploy", parts[0])); err != nil && parts[0] != "./tls" { // which the operator brings
					t.Errorf("%s: %v", name, err)
				}
			} else if _, ok := c.Volumes[parts[0]]; !ok {
				t.Errorf("%s uses a volume %s that is not there", name, parts[0])
			}
			volumes[name] = append(volumes[name], parts[1])
		}
	}
	if !slices.Equal(c.Services["proxy"].Ports, []string{"443:443"}) || !strings.Contains(conf, "listen 443 ssl;") ||
		!slices.Contains(volumes["proxy"], "/etc/swapnest") || !strings.Contains(conf, "/etc/swapnest/fullchain.pem") {
		t.Error("the proxy's port or certificate is not that of deploy/nginx.conf")
	}
	own := map[string]bool{} // data directories
	for i, name := range []string{"node1", "node2"} {
		s := c.Services[name]
		if s.Environment["SWAPNEST_LISTEN"] != sampleNodes[i] || !strings.Contains(conf, "server "+sampleNodes[i]) ||
			!strings.Contains(fmt.Sprint(s.Networks), strings.TrimSuffix(sampleNodes[i], ":8000")) {
			t.Errorf("%s listens at %s in %v, and the proxy asks %s", name, s.Environment["SWAPNEST_LISTEN"], s.Networks, sampleNodes[i])
		}
		if proxy := fmt.Sprint(c.Services["proxy"].Networks); !strings.Contains(proxy, strings.TrimSuffix(s.Environment["SWAPNEST_TRUSTED_PROXIES"], "/32")) {
			t.Errorf("%s trusts %s, and the proxy is at %s", name, s.Environment["SWAPNEST_TRUSTED_PROXIES"], proxy)
		}
		for _, folder := range []string{s.Environment["SWAPNEST_BLOB_DIR"], "/var/lib/swapnest"} {
			if !slices.Contains(volumes[name], folder) || !strings.Contains(docker, folder+"\n") {
				t.Errorf("%s writes to %s, which is no volume or not in the image", name, folder)
			}
		}
		if s.Volumes[1] != c.Services["node1"].Volumes[1] || own[s.Volumes[0]] {
			t.Errorf("%s has the volumes %v: photos are shared, data directories are not", name, s.Volumes)
		}
		own[s.Volumes[0]] = true
		for host, service := range map[string]string{"@db/": "db", "@redis:6379": "redis"} {
			if _, ok := c.Services[service]; !ok || !strings.Contains(fmt.Sprint(s.Environment), host) {
				t.Errorf("%s does not find %s", name, service)
			}
		}
		// As in the image: its data directory, and the program with the command.
		settings := []string{"SWAPNEST_DATA_DIR=" + filepath.Join(l.dir, name)}
		for key, value := range s.Environment {
			switch key {
			case "SWAPNEST_DATABASE_URL", "SWAPNEST_REDIS_URL", "SWAPNEST_BLOB_DIR":
				value = settingOf(l, key)
			case "SWAPNEST_LISTEN":
				value = "127.0.0.1:0"
			}
			settings = append(settings, key+"="+value)
		}
		command := exec.CommandContext(context.Background(), program(t, "swapnest"), s.Command...)
		command.Env = environment(settings...)
		node := started(t, command)
		askReady(t, node, name)
		// The image's health check finds the address where the node does.
		check := regexp.MustCompile(`(?m)^HEALTHCHECK .*CMD \["/usr/local/bin/swapnest", "(\w+)"\]$`).FindStringSubmatch(docker)
		if check == nil {
			t.Fatal("the image has no health check")
		}
		if said := runIn(t, l.dir, "SWAPNEST_LISTEN="+node.at+" swapnest "+check[1], ""); !strings.Contains(said, `"status":"ok"`) {
			t.Errorf("the health check says %s", said)
		}
	}
	db := c.Services["db"]
	if db.Environment["POSTGRES_USER"] != "swapnest" || db.Environment["POSTGRES_DB"] != "swapnest" || !slices.Contains(db.Healthcheck.Test, "swapnest") {
		t.Errorf("the database is for %v", db.Environment)
	}
	redis := c.Services["redis"].Command
	if redis[0] != "redis-server" {
		t.Fatalf("the command of Redis is %q", redis)
	}
	// Flags that it does not know end it; a second --requirepass is the one that counts.
	if said := testkit.StartRedis(t, redis[3:]...).Do("CONFIG", "GET", "save"); strings.TrimSpace(said) != "save" || redis[1] != "--requirepass" {
		t.Errorf("Redis with %q saves %q", redis, said)
	}
}

// TestTheSampleImageIsBuiltFromWhatItCopies runs the commands of deploy/Dockerfile in a folder that
// holds no more than what it copies.
func TestTheSampleImageIsBuiltFromWhatItCopies(t *testing.T) {
	if quickLoop() {
		t.Skip("left out: it builds the program once more")
	}
	t.Parallel()
	src, out := t.TempDir(), t.TempDir()
	ran := 0
	stage, _, ok := strings.Cut(read(t, "deploy/Dockerfile"), "\nFROM gcr.io/distroless/static-debian12:nonroot\n")
	if !ok {
		t.Fatal("it has no second stage of distroless")
	}
	for line := range strings.Lines(stage) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == "COPY":
			for _, name := range words[1 : len(words)-1] {
				runIn(t, root, "cp -a "+name+" "+src+"/", "") // a folder keeps its name, which is checked
				if words[len(words)-1] != "./" && !strings.HasSuffix(words[len(words)-1], name) {
					t.Errorf("%s is copied to %s", name, words[len(words)-1])
				}
			}
		case words[0] == "RUN" && strings.HasPrefix(line, "RUN go mod download"): // from the net
		case words[0] == "RUN":
			ran++
			command := strings.NewReplacer("/out/", out+"/").Replace(strings.TrimSpace(strings.TrimPrefix(line, "RUN ")))
			runIn(t, src, "export TMPDIR="+out+" VERSION=of-the-image; "+command, "") // go takes no module in the folder of temporary files
		}
	}
	if ran != 2 {
		t.Errorf("%d commands were run, want 2", ran)
	}
	if said := runIn(t, out, "./swapnest version && ls -d data blobs && ! ldd ./swapnest 2>&1", ""); !strings.Contains(said, "swapnest of-the-image") || !strings.Contains(said, "not a dynamic executable") {
		t.Errorf("what it builds says %s", said)
	}
}
