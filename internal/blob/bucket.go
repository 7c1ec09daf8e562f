package blob

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// Bucket says where blobs are in an S3 service, and what opens it. It prints without its secret.
type Bucket struct {
	host, name, prefix string // prefix is "" or ends with a slash
	region             string
	insecure           bool // http in place of https
	key, secret, token string
}

// What an address looks like, and nothing of the one that was given: it may hold a secret.
var (
	errBucket = errors.New("needs the host of an S3 service and a bucket, such as s3://s3.eu-central-1.amazonaws.com/bucket or " +
		"s3://KEY:SECRET@host:9000/bucket/prefix?region=eu-central-1&insecure=true: region and insecure=true, which is http, may be left out, and in a secret / + @ and others are written as %2F %2B and %40")
	errCredentials = errors.New("has no credentials: put them into the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or into the address as s3://KEY:SECRET@host/bucket")
)

// bucketName is what services take for one.
var bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$`)

// ParseBucket reads s3://KEY:SECRET@HOST:PORT/BUCKET/PREFIX?region=REGION&insecure=true, of which host
// and bucket must be there. What the address does not say of credentials and region is taken
// from the variables that other programs read, too: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
// AWS_SESSION_TOKEN, AWS_REGION and AWS_DEFAULT_REGION. The region of an address of Amazon's that names it
// needs not be said; where nothing says it, it is us-east-1, which services that have none expect.
func ParseBucket(text string, env func(string) string) (Bucket, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "s3" || u.Hostname() == "" || u.Opaque != "" || u.Fragment != "" {
		return Bucket{}, errBucket
	}
	b := Bucket{host: u.Host}
	name, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	// An @ there is the end of a secret with a slash in it.
	if !bucketName.MatchString(name) || prefix != "" && checkKey(prefix) != nil || strings.Contains(prefix, "@") || len(prefix) > 256 {
		return Bucket{}, errBucket
	}
	b.name = name
	if prefix != "" {
		b.prefix = prefix + "/"
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Bucket{}, errBucket
	}
	for key, values := range query {
		switch value := values[0]; {
		case len(values) > 1:
			return Bucket{}, errBucket
		case key == "region" && value != "":
			b.region = value
		case key == "insecure" && (value == "true" || value == "false"):
			b.insecure = value == "true"
		default:
			return Bucket{}, errBucket
		}
	}
	if u.User != nil {
		b.key = u.User.Username()
		b.secret, _ = u.User.Password()
	} else {
		b.key, b.secret, b.token = env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY"), env("AWS_SESSION_TOKEN")
	}
	if b.key == "" || b.secret == "" {
		return Bucket{}, errCredentials
	}
	for _, region := range []string{s3utils.GetRegionFromURL(url.URL{Host: u.Host}), env("AWS_REGION"), env("AWS_DEFAULT_REGION"), "us-east-1"} {
		if b.region == "" {
			b.region = region
		}
	}
	return b, nil
}

// IsZero tells whether there is no bucket.
func (b Bucket) IsZero() bool { return b.host == "" }

// String returns the address without what opens it.
func (b Bucket) String() string {
	if b.IsZero() {
		return ""
	}
	return fmt.Sprintf("s3://%s/%s", b.host, strings.TrimSuffix(b.name+"/"+b.prefix, "/"))
}

// GoString is for %#v, which would print every field.
func (b Bucket) GoString() string { return "blob.Bucket(" + b.String() + ")" }
