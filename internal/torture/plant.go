package torture

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// edit puts a piece of code into a source file for the tortured build. What is in the
// repository knows nothing of it.
type edit struct {
	file string // from internal/
	old  string // stands there once
	new  string
}

// The points at which the process can be made to end.
var points = []string{"before commit", "after commit", "before ack", "after ack", "before publish", "after publish"}

// pointEdits plant the points.
var pointEdits = []edit{
	{"store/append_sqlite.go", "\terr := b.db.finish(b.tx, ", "\tplant.Point(\"before commit\")\n\terr := b.db.finish(b.tx, "},
	{
		"store/append_postgres.go", "\tif err := b.conn.SendBatch(ctx, pipeline).Close(); err != nil || !committed {",
		"\tplant.Point(\"before commit\")\n\tif err := b.conn.SendBatch(ctx, pipeline).Close(); err != nil || !committed {",
	},
	// Between what a push service or mail server has answered and the commit that notes it: for
	// tests that have a node send, so it is in none of points.
	{
		"follower/outbox/lane.go", "\tstopped := trying.Err() != nil\n",
		"\tif o.Result == Sent {\n\t\tplant.Point(\"before settling\")\n\t}\n\tstopped := trying.Err() != nil\n",
	},
	{"store/append.go", "\tstate.answerTwins()\n", "\tplant.Point(\"after commit\")\n\tstate.answerTwins()\n"},
	{"store/append.go", "\t\t\tclose(c.done)\n", "\t\t\tplant.Point(\"before ack\")\n\t\t\tplant.Close(c.done)\n"},
	{
		"store/append.go", "\t\t\t\ts.db.publish(c.result.Event)\n",
		"\t\t\t\tplant.Point(\"before publish\")\n\t\t\t\ts.db.publish(c.result.Event)\n\t\t\t\tplant.Point(\"after publish\")\n",
	},
	{
		"http/socket/write.go", "\tif _, err := c.net.Write(*buffer); err != nil {\n\t\treturn c.broken(err)\n\t}\n",
		"\tif _, err := c.net.Write(*buffer); err != nil {\n\t\treturn c.broken(err)\n\t}\n\tplant.Acked(*buffer)\n",
	},
}

// planted is a build of the program with the points and the faults in it, all of them off.
var planted = sync.OnceValues(func() (string, error) { return build("planted", append(pointEdits, faultEdits...)) })

// plain is the program as everybody builds it.
var plain = sync.OnceValues(func() (string, error) { return build("plain", nil) })

// builds is the folder of the programs, made by the first build. The package's TestMain
// removes it.
var builds = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "swapnest-torture") })

// build makes the program with edits, which are laid over the sources by the go command.
func build(name string, edits []edit) (string, error) {
	dir, err := builds()
	if err != nil {
		return "", err
	}
	internal, err := filepath.Abs("..")
	if err != nil {
		return "", err
	}
	over := map[string]string{}
	if len(edits) > 0 {
		if over, err = overlay(internal, filepath.Join(dir, name+".src"), edits); err != nil {
			return "", err
		}
	}
	file := filepath.Join(dir, name+".json")
	data, err := json.Marshal(map[string]any{"Replace": over})
	if err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("write the overlay: %w", err)
	}
	program := filepath.Join(dir, name)
	c := exec.CommandContext(context.Background(), "go", "build", "-overlay", file, "-o", program, "./cmd/swapnest")
	c.Dir = filepath.Dir(internal)
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w: %s", name, err, out)
	}
	return program, nil
}

// overlay writes the changed files to a folder and returns which file each stands for.
func overlay(internal, folder string, edits []edit) (map[string]string, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	plant, err := filepath.Abs("testdata/plant.go.txt")
	if err != nil {
		return nil, err
	}
	over := map[string]string{filepath.Join(internal, "plant", "plant.go"): plant}
	changed := map[string]string{}
	for _, e := range edits {
		if _, ok := changed[e.file]; !ok {
			source, err := os.ReadFile(filepath.Join(internal, e.file)) //nolint:gosec // The names stand in this package.
			if err != nil {
				return nil, err
			}
			changed[e.file] = strings.Replace(string(source), "import (\n", "import (\n\t\"swapnest/internal/plant\"\n", 1)
		}
		if n := strings.Count(changed[e.file], e.old); n != 1 {
			return nil, fmt.Errorf("%s has this %d times, not once: %q", e.file, n, e.old)
		}
		changed[e.file] = strings.Replace(changed[e.file], e.old, e.new, 1)
	}
	for name, source := range changed {
		file := filepath.Join(folder, strings.ReplaceAll(name, "/", "_"))
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			return nil, err
		}
		over[filepath.Join(internal, name)] = file
	}
	return over, nil
}
