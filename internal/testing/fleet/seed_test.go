package fleet

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestNewDevice makes the user-data of a device from the files of docs/fleet.md: cloud-init's YAML, with all files whole, and a
// configuration that can be used. What is missing is said.
func TestNewDevice(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		shared.Missing(t, "there is no openssl")
	}
	dir := t.TempDir()
	run(t, "", "cp", "-r", filepath.Join(shared.Root(t), "docs", "examples", "fleet")+"/.", dir)
	at := func(script string) (string, error) {
		cmd := exec.Command("sh", "-ec", script)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := at(`mkdir -p ca www/models && echo key >fleet.asc
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -subj '/CN=our fleet' -keyout ca/ca.key -out ca/ca.pem`); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, wrong := range []struct{ script, says string }{
		{"sh new-device Cam_1", "'Cam_1' cannot be a host name"},
		{"sh new-device cam-1", "www/models/birds-1.tflite is missing"},
		{"mv fleet.asc asc; sh new-device cam-1 || { mv asc fleet.asc; exit 1; }", "fleet.asc is missing, or empty"},
	} {
		if out, err := at(wrong.script); err == nil || !strings.Contains(out, wrong.says) {
			t.Errorf("%s: %v, %s; want %q", wrong.script, err, out, wrong.says)
		}
	}
	for name, data := range models {
		write(t, filepath.Join(dir, "www", "models", name), data, 0o644)
	}
	if out, err := at("sh new-device cam-1 cam-2 && cp certs/cam-1.key before && sh new-device cam-1 && cmp before certs/cam-1.key"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := at("openssl verify -CAfile ca/ca.pem certs/cam-2.pem && openssl x509 -noout -subject -in certs/cam-2.pem"); err != nil || !strings.Contains(out, "CN = cam-2") {
		t.Errorf("%v: %s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "seed", "cam-2", "user-data"))
	if err != nil {
		t.Fatal(err)
	}
	var data struct {
		Files []struct{ Path, Content, Permissions string } `yaml:"write_files"`
		Run   []string                                      `yaml:"runcmd"`
	}
	if err := yaml.Unmarshal(text, &data); err != nil || !strings.HasPrefix(string(text), "#cloud-config\n") {
		t.Fatalf("%v in\n%s", err, text)
	}
	for _, f := range data.Files {
		switch f.Path {
		case "/etc/inceptiond/inceptiond.yaml":
			c, err := config.Parse(f.Path, []byte(f.Content))
			if err != nil || c.Models["birds"].File != "sha256:"+hash("birds-1.tflite") || c.Device != "" {
				t.Errorf("%v: %+v", err, c)
			}
		case "/etc/inceptiond/device.key":
			if key, err := os.ReadFile(filepath.Join(dir, "certs", "cam-2.key")); err != nil || f.Content != string(key) || f.Permissions != "0600" {
				t.Errorf("%v: mode %s, %d bytes", err, f.Permissions, len(f.Content))
			}
		}
	}
	if all := strings.Join(data.Run, "\n"); !strings.Contains(all, "--sha256 "+hash("birds-1.tflite")+" --sha256 "+hash("birds.txt")) {
		t.Errorf("it runs %s", all)
	}
	if meta, _ := os.ReadFile(filepath.Join(dir, "seed", "cam-2", "meta-data")); string(meta) != "instance-id: cam-2\nlocal-hostname: cam-2\n" {
		t.Errorf("the meta-data are %q", meta)
	}
}
