package bus

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
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

// String returns the hosts alone.
func (a Address) String() string { return strings.Join(a.option.InitAddress, ",") }

// errAddress tells what an address looks like, and nothing of the one that was given: it may
// hold a password.
var errAddress = errors.New("needs an address such as redis://host:6379, rediss://user:password@host:6379/1, or several hosts of a cluster with commas between them")

// ParseAddress reads redis://host:port, or several of them with commas for a cluster;
// rediss:// is TLS. Marketplaces that share a Redis have different numbers at the end: /1.
func ParseAddress(text string) (Address, error) {
	parts := strings.Split(text, ",")
	first, err := url.Parse(parts[0])
	if err != nil || (first.Scheme != "redis" && first.Scheme != "rediss") {
		return Address{}, errAddress
	}
	a := Address{option: rueidis.ClientOption{
		// Nothing is ever asked of a cache, nor read from a replica.
		DisableCache: true, ReadBufferEachConn: 64 << 10, WriteBufferEachConn: 64 << 10, PipelineMultiplex: -1,
		Dialer: net.Dialer{Timeout: redisPatience, KeepAlive: time.Second}, ConnWriteTimeout: redisPatience,
		ClientName: "swapnest",
	}}
	number := "0"
	for i, part := range parts {
		if i > 0 && !strings.Contains(part, "://") {
			part = first.Scheme + "://" + part
		}
		u, err := url.Parse(part)
		if err != nil || u.Scheme != first.Scheme || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
			return Address{}, errAddress
		}
		port := u.Port()
		if port == "" {
			port = "6379"
		}
		a.option.InitAddress = append(a.option.InitAddress, net.JoinHostPort(u.Hostname(), port))
		if u.User != nil {
			a.option.Username = u.User.Username()
			a.option.Password, _ = u.User.Password()
		}
		if path := strings.Trim(u.Path, "/"); path != "" {
			if n, err := strconv.ParseUint(path, 10, 16); err != nil || strconv.FormatUint(n, 10) != path {
				return Address{}, errAddress
			}
			number = path
		}
	}
	if first.Scheme == "rediss" {
		// Each server of a cluster shows a certificate of its own, for the address that is dialled.
		a.option.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	// The number is a name alone: channels do not belong to the databases of Redis, of which
	// a cluster has only one.
	a.prefix = fmt.Sprintf("swapnest:%s:", number)
	return a, nil
}
