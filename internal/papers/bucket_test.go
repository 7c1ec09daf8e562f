package papers_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"swapnest/internal/testkit"
)

// TestAFolderIsCopiedIntoABucketAsWritten types what stands under "Photos in a bucket" in a folder with the data
// of a site that has ended, and a service of the test's own in place of the document's.
func TestAFolderIsCopiedIntoABucketAsWritten(t *testing.T) {
	if quickLoop() {
		t.Skip("left out, for the quick loop needs nothing but Go")
	}
	t.Parallel()
	dir, service := t.TempDir(), testkit.StartS3(t)
	serveDemo(t, filepath.Join(dir, "swapnest-data")).kill()
	pictures, err := filepath.Glob(filepath.Join(dir, "swapnest-data", "blobs", "demo", "*"))
	if err != nil || len(pictures) < 10 {
		t.Fatalf("the demo town has %d pictures, %v", len(pictures), err)
	}
	// What a process that was killed has left, and nobody shows.
	write(t, filepath.Join(dir, "swapnest-data", "blobs", ".put-1"), "half of a photo")
	variables := []string{
		"AWS_ACCESS_KEY_ID=" + service.Key, "AWS_SECRET_ACCESS_KEY=" + service.Secret,
		// What this machine says of other services.
		"AWS_SESSION_TOKEN=", "AWS_REGION=", "AWS_DEFAULT_REGION=", "AWS_CA_BUNDLE=", "RCLONE_CONFIG=" + filepath.Join(dir, "none"),
	}
	copied, served := 0, 0
	for _, f := range fencesFor(t) {
		for _, command := range f.commands() {
			switch program, _, _ := strings.Cut(command, " "); program {
			case "":
			case "rclone":
				copied++
				runIn(t, dir, strings.Join(variables, " ")+" "+swap(t, command, "https://s3.example", "http://"+service.Host()), "")
			case "swapnest":
				served++
				command = swap(t, command, "s3://s3.example/swapnest/photos", "'s3://"+service.Host()+"/swapnest/photos?insecure=true'")
				s := serveLine(t, dir, command, append(variables, "SWAPNEST_LISTEN=127.0.0.1:0")...)
				askReady(t, s, command)
				for _, picture := range append(pictures, "none.svg") {
					response, err := http.Get("http://" + s.at + "/media/demo/" + filepath.Base(picture))
					if err != nil {
						t.Fatal(err)
					}
					want := http.StatusOK
					if picture == "none.svg" {
						want = http.StatusNotFound
					}
					if response.Body.Close(); response.StatusCode != want {
						t.Errorf("%s: %s", picture, response.Status)
					}
				}
				if said := s.stderr.String(); strings.Contains(said, service.Secret) {
					t.Errorf("it says the secret: %s", said)
				}
			default:
				t.Errorf("nothing runs %s", command)
			}
		}
	}
	if copied != 1 || served != 1 {
		t.Errorf("%d copies and %d servers, want one of each", copied, served)
	}
}
