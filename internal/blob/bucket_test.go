package blob

import (
	"fmt"
	"strings"
	"testing"
)

// variables is an environment with these.
func variables(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestAnAddressOfABucketIsRead(t *testing.T) {
	all := variables("AWS_ACCESS_KEY_ID", "envkey", "AWS_SECRET_ACCESS_KEY", "env/secret+", "AWS_SESSION_TOKEN", "envtoken", "AWS_REGION", "eu-west-1", "AWS_DEFAULT_REGION", "no")
	none := variables()
	for text, c := range map[string]struct {
		env   func(string) string
		want  Bucket
		shown string
	}{
		"s3://AK:SK@localhost:9000/swapnest?insecure=true":         {none, Bucket{host: "localhost:9000", name: "swapnest", region: "us-east-1", insecure: true, key: "AK", secret: "SK"}, "s3://localhost:9000/swapnest"},
		"s3://AK:s%2Fe%2Bc%40r+t@minio.example/swap.nest/one/two/": {none, Bucket{host: "minio.example", name: "swap.nest", prefix: "one/two/", region: "us-east-1", key: "AK", secret: "s/e+c@r+t"}, "s3://minio.example/swap.nest/one/two"},
		"s3://s3.eu-central-1.amazonaws.com/bucket/":               {all, Bucket{host: "s3.eu-central-1.amazonaws.com", name: "bucket", region: "eu-central-1", key: "envkey", secret: "env/secret+", token: "envtoken"}, "s3://s3.eu-central-1.amazonaws.com/bucket"},
		"s3://ceph.example:7480/bucket?region=default":             {all, Bucket{host: "ceph.example:7480", name: "bucket", region: "default", key: "envkey", secret: "env/secret+", token: "envtoken"}, "s3://ceph.example:7480/bucket"},
		"s3://[::1]:9000/bucket?insecure=false":                    {all, Bucket{host: "[::1]:9000", name: "bucket", region: "eu-west-1", key: "envkey", secret: "env/secret+", token: "envtoken"}, "s3://[::1]:9000/bucket"},
		"s3://own:one@host/bucket":                                 {all, Bucket{host: "host", name: "bucket", region: "eu-west-1", key: "own", secret: "one"}, "s3://host/bucket"},
		"s3://own:one@id.r2.cloudflarestorage.com/bucket":          {variables("AWS_DEFAULT_REGION", "auto"), Bucket{host: "id.r2.cloudflarestorage.com", name: "bucket", region: "auto", key: "own", secret: "one"}, "s3://id.r2.cloudflarestorage.com/bucket"},
	} {
		got, err := ParseBucket(text, c.env)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got != c.want {
			t.Errorf("%s: got %s, %+v", text, got, struct{ h, n, p, r, k, s, t string }{got.host, got.name, got.prefix, got.region, got.key, got.secret, got.token})
		}
		if got.String() != c.shown || got.IsZero() {
			t.Errorf("%s is shown as %s", text, got)
		}
		for _, form := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			for _, value := range []any{got, &got, struct{ Bucket Bucket }{got}} {
				if shown := fmt.Sprintf(form, value); strings.Contains(shown, got.secret) || strings.Contains(shown, got.key) {
					t.Errorf("%s shows as %s", form, shown)
				}
			}
		}
	}
	if b := (Bucket{}); !b.IsZero() || b.String() != "" {
		t.Errorf("no bucket is %q", b)
	}
}

func TestWhatIsNoAddressOfABucketIsRefusedWithItsForm(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                       "",
		"another scheme":                "https://key:geheim@host/bucket",
		"no bucket":                     "s3://key:geheim@host",
		"no bucket, with a slash":       "s3://key:geheim@host/",
		"a bucket in the host's place":  "s3://bucket",
		"no host":                       "s3:///bucket",
		"no host, with a key":           "s3://key:geheim@/bucket",
		"a port that is none":           "s3://key:geheim@host:port/bucket",
		"a bucket of two letters":       "s3://key:geheim@host/ab",
		"a bucket with a space":         "s3://key:geheim@host/my%20bucket",
		"a prefix that leads elsewhere": "s3://key:geheim@host/bucket/../other",
		"an empty part of a prefix":     "s3://key:geheim@host/bucket/a//b",
		"a prefix without an end":       "s3://key:geheim@host/bucket/" + strings.Repeat("x", 300),
		"a slash in a secret":           "s3://key:12/geheim@host/bucket",
		"two slashes in a secret":       "s3://key:12/345/geheim@host/bucket",
		"a question mark in a secret":   "s3://key:12?geheim@host/bucket",
		"a hash in a secret":            "s3://key:12#geheim@host/bucket",
		"a broken escape":               "s3://key:geheim%2@host/bucket",
		"another parameter":             "s3://key:geheim@host/bucket?secret=geheim",
		"a region twice":                "s3://key:geheim@host/bucket?region=a&region=geheim",
		"an empty region":               "s3://key:geheim@host/bucket?region=",
		"insecure in another word":      "s3://key:geheim@host/bucket?insecure=geheim",
		"a fragment":                    "s3://key:geheim@host/bucket#geheim",
		"what is no host":               "s3:key:geheim@host/bucket",
	} {
		b, err := ParseBucket(text, variables("AWS_ACCESS_KEY_ID", "key", "AWS_SECRET_ACCESS_KEY", "geheim"))
		if err == nil {
			t.Errorf("%s: %q gives %v", name, text, b)
			continue
		}
		if strings.Contains(err.Error(), "heim") || !strings.Contains(err.Error(), "s3://KEY:SECRET@host:9000/bucket/prefix?region=") {
			t.Errorf("%s: the error is: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		text string
		env  func(string) string
	}{
		"nothing":               {"s3://host/bucket", variables()},
		"a key alone":           {"s3://host/bucket", variables("AWS_ACCESS_KEY_ID", "key")},
		"a secret alone":        {"s3://host/bucket", variables("AWS_SECRET_ACCESS_KEY", "geheim")},
		"a key in the address":  {"s3://key@host/bucket", variables("AWS_ACCESS_KEY_ID", "key", "AWS_SECRET_ACCESS_KEY", "geheim")},
		"a secret without one":  {"s3://:geheim@host/bucket", variables()},
		"an empty secret there": {"s3://key:@host/bucket", variables()},
	} {
		if b, err := ParseBucket(c.text, c.env); err == nil || !strings.Contains(err.Error(), "AWS_SECRET_ACCESS_KEY") || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: got %v, %v", name, b, err)
		}
	}
}
