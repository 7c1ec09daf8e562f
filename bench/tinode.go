package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"swapnest/internal/loadgen"
)

// tinodePeople is how many accounts Tinode gets: each password is hashed by its server, and takes its time.
const tinodePeople = 100

// tinode is Tinode's server on PostgreSQL. It is built from the module that bench/tinode/go.mod pins, and run as a
// process of its own: its licence is the GPL 3, and nothing of it becomes a part of anything here.
func (w *works) tinode(p *peer) *peer {
	p.dialect, p.paced, p.most = loadgen.Tinode, true, tinodePeople/2
	p.inFlight, p.rates = []int{1, 20, 100}, []float64{100, 250, 500}
	config := filepath.Join(w.dir, "tinode.conf")
	run := func(now *processes) error {
		port, err := freePort()
		if err != nil {
			return err
		}
		c := command(w.program("tinode"), "-config", config, "-listen", "127.0.0.1:"+port, "-grpc_listen", "", "-static_data", "-")
		c.Dir = w.dir
		var said bytes.Buffer // it tells of each line that opens
		c.Stderr = &said
		if err := now.serveAt(c, port); err != nil {
			return fmt.Errorf("%w: %s", err, said.String())
		}
		now.stop[len(now.stop)-1] = func() error { // when asked to end, it waits for long; its data is PostgreSQL's
			_ = c.Process.Kill()
			_ = c.Wait()
			return nil
		}
		return nil
	}
	p.begin = run
	p.prepare = func(ctx context.Context) (err error) {
		for program, from := range map[string]string{"tinode": "github.com/tinode/chat/server", "tinode-db": "github.com/tinode/chat/tinode-db"} {
			c := exec.CommandContext(ctx, "go", "build", "-tags", "postgres", "-o", w.program(program), from)
			c.Dir, c.Env = filepath.Join(w.root, "bench", "tinode"), append(os.Environ(), "CGO_ENABLED=0")
			if out, err := c.CombinedOutput(); err != nil {
				line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
				p.missing = "its server cannot be built here: " + line
				return nil
			}
		}
		if err := os.WriteFile(config, w.tinodeConfig(), 0o600); err != nil {
			return err
		}
		// What makes its database comes by way of one that is named for the user.
		if err := w.postgres.CreateDatabase(ctx, w.tinodeDatabase().User.Username(), ""); err != nil {
			return err
		}
		c := exec.CommandContext(ctx, w.program("tinode-db"), "-config", config, "-reset")
		c.Dir = w.dir
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("make Tinode's database: %w: %s", err, out)
		}
		p.sessions, p.beside = filepath.Join(w.dir, p.name+".sessions"), append(p.beside, w.postgres.PID())
		var now processes
		defer func() { err = errors.Join(err, now.close()) }()
		if err := run(&now); err != nil {
			return err
		}
		var sessions strings.Builder
		for i := range tinodePeople {
			name, token, err := tinodeAccount(ctx, now.urls[0], i)
			if err != nil {
				return fmt.Errorf("make an account: %w", err)
			}
			fmt.Fprintf(&sessions, "%s %s\n", name, token)
		}
		return os.WriteFile(p.sessions, []byte(sessions.String()), 0o600)
	}
	return p
}

// tinodeDatabase is where its data is.
func (w *works) tinodeDatabase() *url.URL {
	at, _ := url.Parse(w.postgres.URL("tinode")) // it was made of parts
	return at
}

// tinodeConfig is Tinode's sample configuration without what a chat of two needs not: no mails, push messages, files
// or bots. Its keys are those of the sample, which everybody knows.
func (w *works) tinodeConfig() []byte {
	at := w.tinodeDatabase()
	password, _ := at.User.Password()
	data, _ := json.Marshal(map[string]any{ // strings and numbers can be written
		"api_path": "/", "api_key_salt": "T713/rYYgW7g4m3vG6zGRh7+FM1t0T8j13koXScOAj4=",
		"max_message_size": 262144, "max_subscriber_count": 128, "max_tag_count": 16, "ws_compression_disabled": true,
		"push": []any{}, "plugins": []any{}, "tls": map[string]any{"enabled": false},
		"auth_config": map[string]any{
			"basic": map[string]any{"add_to_tags": false, "min_login_length": 4, "min_password_length": 6},
			"token": map[string]any{"expire_in": 1209600, "serial_num": 1, "key": "wfaY2RgF2S1OQI/ZlK+LSrp1KB2jwAdGAIHQ7JZn+Kc="},
		},
		"store_config": map[string]any{
			"uid_key": "la6YsO+bNX/+XIkOqc5Svw==", "max_results": 1024, "use_adapter": "postgres",
			"adapters": map[string]any{"postgres": map[string]any{
				"User": at.User.Username(), "Passwd": password, "Host": at.Hostname(), "Port": at.Port(), "DBName": "tinode",
				"max_open_conns": 50, "max_idle_conns": 50, "conn_max_lifetime": 60, "sql_timeout": 10,
			}},
		},
	})
	return data
}

// tinodeAccount makes an account, and returns its name and a token that signs in.
func tinodeAccount(ctx context.Context, server string, n int) (name, token string, err error) {
	conn, _, _, err := ws.Dial(ctx, strings.Replace(server, "http:", "ws:", 1)+loadgen.TinodePath)
	if err != nil {
		return "", "", err
	}
	defer func() { _ = conn.Close() }() // nothing more is said
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return "", "", err
	}
	secret := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "person%d:a password", n))
	for _, say := range []string{
		`{"hi":{"id":"hi","ver":"0.22"}}`,
		fmt.Sprintf(`{"acc":{"id":"acc","user":"new","scheme":"basic","secret":%q,"login":true,"desc":{"public":{"fn":"Person %d"}}}}`, secret, n),
	} {
		if err := wsutil.WriteClientText(conn, []byte(say)); err != nil {
			return "", "", err
		}
	}
	for {
		data, err := wsutil.ReadServerText(conn)
		if err != nil {
			return "", "", err
		}
		var said struct {
			Ctrl struct {
				ID     string
				Code   int
				Text   string
				Params struct{ User, Token string }
			}
		}
		if err := json.Unmarshal(data, &said); err != nil || said.Ctrl.ID != "acc" {
			continue
		}
		if said.Ctrl.Params.Token == "" {
			return "", "", fmt.Errorf("it says %d %s", said.Ctrl.Code, said.Ctrl.Text)
		}
		return said.Ctrl.Params.User, said.Ctrl.Params.Token, nil
	}
}
