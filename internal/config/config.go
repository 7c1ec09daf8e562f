// Package config turns flags and environment variables into a struct. Only the
// command imports it: everything else gets values.
package config

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"swapnest/internal/blob"
	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
	"swapnest/internal/live/bus"
	"swapnest/internal/scan"
)

// Config is the command line.
type Config struct {
	Serve   Serve    `cmd:"" help:"Serve the marketplace."`
	Migrate Migrate  `cmd:"" help:"Bring the database up to date and stop, or move it to PostgreSQL (--from, --to)."`
	User    User     `cmd:"" help:"Make accounts and set passwords."`
	Audit   Audit    `cmd:"" help:"Show what was done to accounts, the newest first, also while a server runs."`
	Outbox  Outbox   `cmd:"" help:"Show, retry or drop what leaves the site by push and mail, also while a server runs."`
	PushKey PushKey  `cmd:"" help:"Show and change the key by which browsers are sent push messages."`
	Bench   Bench    `cmd:"" help:"Put a site under load and measure it, to see what a machine carries."`
	Ready   Ready    `cmd:"" help:"Ask a node whether it takes visitors: status 0 when it does, 1 when not."`
	Version struct{} `cmd:"" help:"Print the version."`
}

// Storage says where the data is.
type Storage struct {
	DataDir     string `default:"./swapnest-data" env:"SWAPNEST_DATA_DIR" placeholder:"DIR" help:"Where the SQLite file, photos, files and secrets are; locked by the process that uses it (${default})."`
	DatabaseURL string `env:"SWAPNEST_DATABASE_URL" placeholder:"URL" help:"postgres://… keeps the data in PostgreSQL."`
	BlobDir     string `env:"SWAPNEST_BLOB_DIR" placeholder:"DIR" help:"Where photos and files are, when several nodes share one folder of them (blobs in the data directory)."`
	BlobURL     string `name:"blob-url" env:"SWAPNEST_BLOB_URL" placeholder:"URL" help:"s3://HOST/BUCKET keeps photos and files in an S3 service in place of a folder; its key and secret are in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."`

	bucket blob.Bucket
}

// Bucket returns the parsed --blob-url; the zero value is none.
func (s *Storage) Bucket() blob.Bucket { return s.bucket }

// check refuses places for photos and files that do not fit together, without repeating an
// address: it may hold a secret.
func (s *Storage) check() (err error) {
	if s.BlobURL == "" {
		return nil
	}
	if s.BlobDir != "" {
		return errors.New("--blob-dir (SWAPNEST_BLOB_DIR) and --blob-url (SWAPNEST_BLOB_URL) are two places for photos and files: leave one out")
	}
	if s.bucket, err = blob.ParseBucket(s.BlobURL, os.Getenv); err != nil {
		return fmt.Errorf("--blob-url %w", err)
	}
	return nil
}

// Migrate is the command of that name.
type Migrate struct {
	Storage
	From string `placeholder:"DIR" help:"Move the SQLite database of this data directory; no server may run on it."`
	To   string `env:"SWAPNEST_MIGRATE_TO" placeholder:"URL" help:"postgres://… of an empty database, where it is moved to."`
}

// Serve is the command of that name.
type Serve struct {
	Storage
	Listen          string   `default:"127.0.0.1:8000" env:"SWAPNEST_LISTEN" placeholder:"HOST:PORT" help:"Address and port; port 0 picks one (${default})."`
	RedisURL        string   `name:"redis-url" env:"SWAPNEST_REDIS_URL" placeholder:"URL" help:"redis://… joins this node to others on the same PostgreSQL; several hosts of a cluster with commas; redis+sentinel://HOST,HOST/MASTER behind Sentinel."`
	PublicURL       string   `env:"SWAPNEST_PUBLIC_URL" placeholder:"URL" help:"The origin that people use; needed when listening beyond loopback."`
	Demo            bool     `env:"SWAPNEST_DEMO" help:"Fill an empty database with the demo town and let its people sign in."`
	AllowPublicDemo bool     `env:"SWAPNEST_ALLOW_PUBLIC_DEMO" help:"Let --demo listen beyond loopback, where everybody knows its passwords."`
	TrustedProxies  []string `sep:"," env:"SWAPNEST_TRUSTED_PROXIES" placeholder:"CIDR" help:"Networks of proxies whose X-Forwarded-For is believed, such as 127.0.0.1/32."`
	RateLimits      string   `default:"on" enum:"on,off" env:"SWAPNEST_RATE_LIMITS" help:"off lifts rate and connection limits, for tests and benchmarks on loopback."`

	Files      Files      `embed:"" group:"Files of messages"`
	Mail       Mail       `embed:"" group:"Mail"`
	Secure     Secure     `embed:"" group:"TLS"`
	Push       Push       `embed:"" group:"Push messages"`
	Reply      Reply      `embed:"" group:"Answers by mail"`
	Operations Operations `embed:"" group:"Operations"`

	public  *url.URL
	proxies auth.Proxies
}

// Files are the limits of what people attach to messages, and who looks at it. A MB is 2^20 bytes.
type Files struct {
	MaxImageMB    int `name:"max-image-mb" default:"8" env:"SWAPNEST_MAX_IMAGE_MB" placeholder:"N" help:"MB of a picture in a message (${default})."`
	MaxFileMB     int `name:"max-file-mb" default:"25" env:"SWAPNEST_MAX_FILE_MB" placeholder:"N" help:"MB of any other file in a message (${default})."`
	MaxFiles      int `name:"max-files" default:"10" env:"SWAPNEST_MAX_FILES" placeholder:"N" help:"Files of one message, at most 30 (${default})."`
	DailyUploadMB int `name:"daily-upload-mb" default:"500" env:"SWAPNEST_DAILY_UPLOAD_MB" placeholder:"N" help:"MB that a person may upload within 24 hours (${default})."`

	ScannerURL string `name:"scanner" env:"SWAPNEST_SCANNER" placeholder:"URL" help:"tcp://HOST:PORT or unix:///PATH of a clamd that looks at each file before it is sent."`

	scanner *scan.Clamd
}

// most is what each of these may be: a file comes in 1,000 parts of 4 MB at the most, and a
// picture is decoded in memory.
const (
	mostImageMB = 50
	mostFileMB  = 2000
	mostDailyMB = 1_000_000
)

// check refuses limits that make no sense.
func (f *Files) check() error {
	for _, flag := range []struct {
		name        string
		value, most int
	}{
		{"--max-image-mb", f.MaxImageMB, mostImageMB},
		{"--max-file-mb", f.MaxFileMB, mostFileMB},
		{"--max-files", f.MaxFiles, chat.MaxAttached},
		{"--daily-upload-mb", f.DailyUploadMB, mostDailyMB},
	} {
		if flag.value < 1 || flag.value > flag.most {
			return fmt.Errorf("%s needs a number from 1 to %d, not %d", flag.name, flag.most, flag.value)
		}
	}
	if f.DailyUploadMB < max(f.MaxImageMB, f.MaxFileMB) {
		return errors.New("--daily-upload-mb is less than one file may have: raise it, or lower --max-file-mb and --max-image-mb")
	}
	if f.ScannerURL == "" {
		return nil
	}
	var err error
	if f.scanner, err = scan.Dial(f.ScannerURL); err != nil {
		return fmt.Errorf("--scanner: %w", err)
	}
	return nil
}

// Scanner returns the scanner, or nil.
func (f *Files) Scanner() *scan.Clamd { return f.scanner }

// Media returns the limits.
func (f *Files) Media() chat.Media {
	m := chat.DefaultMedia()
	m.ImageBytes, m.FileBytes, m.DailyBytes = int64(f.MaxImageMB)<<20, int64(f.MaxFileMB)<<20, int64(f.DailyUploadMB)<<20
	m.PerMessage = f.MaxFiles
	return m
}

// Secure says where certificates come from.
type Secure struct {
	TLSCert       string `name:"tls-cert" env:"SWAPNEST_TLS_CERT" placeholder:"FILE" help:"Serve https with this certificate (PEM, with its chain); a renewed file is taken up within a minute."`
	TLSKey        string `name:"tls-key" env:"SWAPNEST_TLS_KEY" placeholder:"FILE" help:"The key of --tls-cert (PEM)."`
	ACME          bool   `name:"acme" env:"SWAPNEST_ACME" help:"Serve https with a certificate from Let's Encrypt, which this accepts the terms of, for the host of --public-url."`
	ACMEEmail     string `name:"acme-email" env:"SWAPNEST_ACME_EMAIL" placeholder:"ADDRESS" help:"Whom the certificate authority may write to."`
	ACMEDirectory string `name:"acme-directory" env:"SWAPNEST_ACME_DIRECTORY" placeholder:"URL" help:"Another authority than Let's Encrypt."`
	ACMERoot      string `name:"acme-root" env:"SWAPNEST_ACME_ROOT" placeholder:"FILE" help:"The root certificate (PEM) of a private authority."`
	HTTPListen    string `name:"http-listen" env:"SWAPNEST_HTTP_LISTEN" placeholder:"HOST:PORT" help:"Also listen here, and send everybody to https."`
}

// Operations are for who runs the node.
type Operations struct {
	LogFormat    string `default:"text" enum:"text,json" env:"SWAPNEST_LOG_FORMAT" help:"text or json (${default})."`
	LogLevel     string `default:"info" enum:"debug,info,warn,error" env:"SWAPNEST_LOG_LEVEL" help:"debug, info, warn or error (${default})."`
	DebugListen  string `env:"SWAPNEST_DEBUG_LISTEN" placeholder:"HOST:PORT" help:"Profiles and metrics, on a loopback address."`
	MetricsToken string `env:"SWAPNEST_METRICS_TOKEN" placeholder:"TOKEN" help:"Opens /metrics to who brings it as a bearer token."`
}

// User is the command of that name.
type User struct {
	Create   UserCreate   `cmd:"" help:"Make an account, or many with ready sessions."`
	Password UserPassword `cmd:"" help:"Set a password, read from standard input, and end the person's sessions."`
}

// UserCreate makes one account, or Count of them.
type UserCreate struct {
	Storage
	Username string `arg:"" optional:"" help:"The new account; its password is read from standard input."`
	Name     string `help:"The name shown to others."`
	Email    string `help:"E-mail address."`
	Count    int    `help:"Make so many accounts with made-up names instead."`
	Sessions string `placeholder:"FILE" help:"With --count: write username and session token of each, one a line."`
}

// UserPassword sets a password.
type UserPassword struct {
	Storage
	Username string `arg:"" help:"Whose password."`
}

// Audit is the command of that name.
type Audit struct {
	Storage
	User   string        `placeholder:"NAME" help:"Of this person alone."`
	Since  time.Duration `placeholder:"24h" help:"Not older than this."`
	Limit  int           `default:"100" placeholder:"N" help:"At most so many (${default})."`
	Format string        `default:"text" enum:"text,json" help:"text, or json with one object a line (${default})."`
}

// Ready is the command of that name.
type Ready struct {
	Listen string `default:"127.0.0.1:8000" env:"SWAPNEST_LISTEN" placeholder:"HOST:PORT" help:"Where the node listens, without TLS (${default})."`
}

// ErrUsage says that the command line itself is at fault.
var ErrUsage = errors.New("usage")

// Parse reads the command line. It returns the chosen command, such as "serve" or
// "user create <username>". help is true when help was asked for and printed to out.
func Parse(args []string, out io.Writer) (c *Config, command string, help bool, err error) {
	c = &Config{}
	exited := false
	parser, err := kong.New(c,
		kong.Name("swapnest"),
		kong.Description("A marketplace whose heart is the conversation."),
		kong.Vars{"mail_delay": strings.TrimSuffix(chat.MailDelay.String(), "0s"), "mails_per_day": strconv.Itoa(chat.MailsPerDay)},
		kong.Writers(out, out),
		kong.Exit(func(int) { exited = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		return nil, "", false, fmt.Errorf("build the command line: %w", err)
	}
	parsed, err := parser.Parse(args)
	if exited {
		return nil, "", true, nil
	}
	if err == nil {
		err = c.check(parsed.Command())
	}
	if err != nil {
		return nil, "", false, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	return c, parsed.Command(), false, nil
}

// check refuses values that do not fit together.
func (c *Config) check(command string) error {
	switch command {
	case "serve":
		return c.Serve.check()
	case "migrate":
		if err := c.Migrate.Storage.check(); err != nil {
			return err
		}
		if (c.Migrate.From == "") != (c.Migrate.To == "") {
			return errors.New("--from (a data directory) and --to or SWAPNEST_MIGRATE_TO (an empty PostgreSQL database) go together")
		}
	case "user create":
		if err := c.User.Create.Storage.check(); err != nil {
			return err
		}
		if c.User.Create.Count <= 0 {
			return errors.New("name the account, or say --count with a number above 0")
		}
	case "user create <username>":
		if err := c.User.Create.Storage.check(); err != nil {
			return err
		}
		if c.User.Create.Count != 0 || c.User.Create.Sessions != "" {
			return errors.New("--count and --sessions make up names: give no name with them")
		}
	case "ready":
		if _, _, err := net.SplitHostPort(c.Ready.Listen); err != nil {
			return fmt.Errorf("--listen needs HOST:PORT, such as 127.0.0.1:8000, not %q", c.Ready.Listen)
		}
	case "push-key list":
		return c.PushKey.List.Storage.check()
	case "push-key rotate":
		return c.PushKey.Rotate.Storage.check()
	case "bench":
		return c.Bench.check()
	case "user password <username>":
		return c.User.Password.Storage.check()
	case "audit":
		if c.Audit.Limit < 1 || c.Audit.Since < 0 {
			return errors.New("--limit needs a number above 0, and --since a time such as 24h")
		}
	case "outbox list", "outbox retry", "outbox retry <id>", "outbox drop <id>":
		return c.Outbox.check(command)
	case "version":
	default:
		return fmt.Errorf("nothing is known of what %q may be given", command)
	}
	return nil
}

func (s *Serve) check() error {
	host, _, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return fmt.Errorf("--listen needs HOST:PORT, such as 127.0.0.1:8000, not %q", s.Listen)
	}
	if s.PublicURL != "" {
		u, err := url.Parse(s.PublicURL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || (u.Path != "" && u.Path != "/") || u.User != nil || u.RawQuery != "" {
			return fmt.Errorf("--public-url needs an origin such as https://swap.example, not %q", s.PublicURL)
		}
		s.public = u
	}
	if s.proxies, err = auth.ParseProxies(s.TrustedProxies); err != nil {
		return fmt.Errorf("--trusted-proxies: %w", err)
	}
	if err := s.checkEdges(); err != nil {
		return err
	}
	if err := s.checkRedis(); err != nil {
		return err
	}
	if err := errors.Join(s.Storage.check(), s.Files.check(), s.Mail.check(), s.Reply.check(), s.Push.check(loopback(host))); err != nil {
		return err
	}
	if s.Reply.Domain != "" && !s.Mail.Sends() {
		return errors.New("--reply-domain needs --smtp-url: answers go to mails that this site sends")
	}
	if loopback(host) {
		return nil
	}
	switch {
	case s.Demo && !s.AllowPublicDemo:
		return errors.New("--demo listens on loopback only, since everybody knows its passwords; add --allow-public-demo to do it all the same")
	case s.RateLimits == "off":
		return errors.New("--rate-limits off works on loopback only")
	case s.public == nil:
		return errors.New("listening beyond loopback needs --public-url, the origin that people use")
	}
	return nil
}

// checkRedis refuses an address that is none, without repeating it: it may hold a password.
func (s *Serve) checkRedis() error {
	if s.RedisURL == "" {
		return nil
	}
	if s.DatabaseURL == "" {
		return errors.New("--redis-url joins several nodes on one PostgreSQL and needs --database-url: SQLite belongs to one process")
	}
	if _, err := bus.ParseAddress(s.RedisURL); err != nil {
		return fmt.Errorf("--redis-url %w", err)
	}
	return nil
}

// checkEdges refuses settings of TLS and of what stands beside the site that do not fit
// together.
func (s *Serve) checkEdges() error {
	t, secure := s.Secure, s.public != nil && s.public.Scheme == "https"
	switch {
	case (t.TLSCert == "") != (t.TLSKey == ""):
		return errors.New("--tls-cert and --tls-key go together")
	case t.ACME && t.TLSCert != "":
		return errors.New("--acme gets a certificate by itself: leave out --tls-cert and --tls-key")
	case (t.ACME || t.TLSCert != "" || t.HTTPListen != "") && !secure:
		return errors.New("--tls-cert, --acme and --http-listen need --public-url with https://, the origin that people use")
	case !t.ACME && (t.ACMEEmail != "" || t.ACMEDirectory != "" || t.ACMERoot != ""):
		return errors.New("--acme-email, --acme-directory and --acme-root do nothing without --acme")
	}
	if t.HTTPListen != "" {
		if _, _, err := net.SplitHostPort(t.HTTPListen); err != nil {
			return fmt.Errorf("--http-listen needs HOST:PORT, such as 0.0.0.0:80, not %q", t.HTTPListen)
		}
	}
	if at := s.Operations.DebugListen; at != "" {
		if host, _, err := net.SplitHostPort(at); err != nil || !loopback(host) {
			return fmt.Errorf("--debug-listen needs a loopback address such as 127.0.0.1:6060, not %q", at)
		}
	}
	return nil
}

// Proxies returns the parsed --trusted-proxies.
func (s *Serve) Proxies() auth.Proxies { return s.proxies }

// Public returns the parsed --public-url, or nil.
func (s *Serve) Public() *url.URL { return s.public }

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
