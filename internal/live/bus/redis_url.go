package bus

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// How long Redis may take for anything before it counts as gone.
const redisPatience = 2 * time.Second

// Address is where a Redis is. It prints without its password.
type Address struct {
	option rueidis.ClientOption
	prefix string // of all channels
}

// String returns the hosts alone; of a Redis behind sentinels, the sentinels.
func (a Address) String() string { return strings.Join(a.option.InitAddress, ",") }

// What an address looks like, and nothing of the one that was given: it may hold a password.
var (
	errAddress = errors.New("needs an address such as redis://host:6379, rediss://user:password@host:6379/1, several hosts of a cluster with commas between them, " +
		"or redis+sentinel://host:26379/mymaster")
	errSentinel = errors.New("needs the sentinels of a master and its name, such as redis+sentinel://user:password@host:26379,host:26379/mymaster/1?sentinel_password=secret: " +
		"user, password and number are for Redis, sentinel_username and sentinel_password for the sentinels, and in a password , & and others are written as %2C and %26")
)

// refreshSentinel is how often the sentinels are asked who the master is, should the word that
// they send of a change have been lost.
const refreshSentinel = 5 * time.Second

// masterName is what sentinels call a master.
var masterName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// ParseAddress reads redis://host:port, or several of them with commas for a cluster, or
// redis+sentinel://host:port,host:port/master for the master that sentinels name; rediss:// and
// rediss+sentinel:// are TLS. Marketplaces that share a Redis have different numbers at the end: /1.
// A port that is not given is 6379, that of a sentinel 26379.
func ParseAddress(text string) (Address, error) {
	parts := strings.Split(text, ",")
	scheme, _, _ := strings.Cut(text, "://")
	scheme = strings.ToLower(scheme)
	kind, sentinel := strings.CutSuffix(scheme, "+sentinel")
	if kind != "redis" && kind != "rediss" {
		return Address{}, errAddress
	}
	wrong := errAddress
	if sentinel {
		wrong = errSentinel
	}
	a := Address{option: rueidis.ClientOption{
		// Nothing is ever asked of a cache, nor read from a replica.
		DisableCache: true, ReadBufferEachConn: 64 << 10, WriteBufferEachConn: 64 << 10, PipelineMultiplex: -1,
		Dialer: net.Dialer{Timeout: redisPatience, KeepAlive: time.Second}, ConnWriteTimeout: redisPatience,
		ClientName: "swapnest",
	}}
	if kind == "rediss" {
		// Each server shows a certificate of its own, for the address that is dialled.
		a.option.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	number := "0"
	for i, part := range parts {
		if before, _, _ := strings.Cut(part, "?"); i > 0 && !strings.Contains(before, "://") {
			part = scheme + "://" + part
		}
		u, err := url.Parse(part)
		if err != nil || u.Scheme != scheme || u.Hostname() == "" || u.Fragment != "" {
			return Address{}, wrong
		}
		a.add(u, sentinel)
		switch {
		case !sentinel:
			if path := strings.Trim(u.Path, "/"); path != "" {
				number = path
			}
			if u.RawQuery != "" || !isNumber(number) {
				return Address{}, wrong
			}
		case i > 0 && u.User != nil, i < len(parts)-1 && (u.Path != "" || u.RawQuery != ""):
			return Address{}, wrong // a comma in a password looks so, and is not taken for a host
		case i == len(parts)-1:
			if number, err = a.sentinels(u); err != nil {
				return Address{}, err
			}
		}
	}
	// The number is a name alone: channels do not belong to the databases of Redis, of which
	// a cluster has only one.
	a.prefix = fmt.Sprintf("swapnest:%s:", number)
	return a, nil
}

// add takes a host and, where they stand with it, user and password.
func (a *Address) add(u *url.URL, sentinel bool) {
	port := u.Port()
	switch {
	case port != "":
	case sentinel:
		port = "26379"
	default:
		port = "6379"
	}
	a.option.InitAddress = append(a.option.InitAddress, net.JoinHostPort(u.Hostname(), port))
	if u.User != nil {
		a.option.Username = u.User.Username()
		a.option.Password, _ = u.User.Password()
	}
}

// sentinels makes the hosts sentinels, by what stands behind the last of them, and returns the
// marketplace's number.
func (a *Address) sentinels(u *url.URL) (number string, err error) {
	name, number, given := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if !given {
		number = "0"
	}
	// A number alone is one of a marketplace, and the master was forgotten.
	if !masterName.MatchString(name) || !isNumber(number) || !given && isNumber(name) {
		return "", errSentinel
	}
	o := rueidis.SentinelOption{
		MasterSet: name, Dialer: a.option.Dialer, TLSConfig: a.option.TLSConfig, ClientName: a.option.ClientName, TopologyRefreshInterval: refreshSentinel,
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		if pair == "" {
			continue
		}
		key, text, _ := strings.Cut(pair, "=")
		// A password may hold a plus, which is no space here.
		value, err := url.PathUnescape(text)
		if err != nil || value == "" {
			return "", errSentinel
		}
		switch {
		case key == "sentinel_username" && o.Username == "":
			o.Username = value
		case key == "sentinel_password" && o.Password == "":
			o.Password = value
		default:
			return "", errSentinel
		}
	}
	a.option.Sentinel = o
	return number, nil
}

// isNumber tells whether a text is the number of a marketplace, from 0 to 65535.
func isNumber(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && strconv.FormatUint(n, 10) == text
}
