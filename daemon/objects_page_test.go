package main

import (
	"bufio"
	"image"
	_ "image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// ofCatalogue is the detector of docs/objects.md. Its file is not had here: one of the same layers takes its place.
const ofCatalogue = "ssd_mobilenet_v1_coco_quant_postprocess"

// page is docs/objects.md, followed word for word: its config files, and a daemon for each camera that commands ask for.
type page struct {
	t       *testing.T
	dir     string
	brokers map[string]string // ports, by camera
}

// TestObjectsPage follows docs/objects.md, with real networks, and pictures of two dogs and of somebody.
func TestObjectsPage(t *testing.T) {
	t.Parallel()
	for _, need := range []string{"mosquitto_sub", "jq"} {
		if _, err := exec.LookPath(need); err != nil {
			shared.Missing(t, need+" is not installed")
		}
	}
	p := page{t, pageFolder(t), map[string]string{}}
	for _, lines := range fences(t, "docs/objects.md", "yaml") {
		p.config(strings.ReplaceAll(strings.Join(lines, "\n"), "pull:"+ofCatalogue, "coco.tflite"))
	}
	commands := blocks(t, "docs/objects.md", "sh")
	for _, command := range commands {
		p.follow(command)
	}
	if len(commands) < 8 || len(p.brokers) != 3 {
		t.Errorf("%d commands of %d cameras", len(commands), len(p.brokers))
	}
	for _, made := range []string{"found.png", "map.png"} {
		file, err := os.Open(filepath.Join(p.dir, made))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, _, err := image.DecodeConfig(file); err != nil {
			t.Errorf("%s: %v", made, err)
		}
	}
}

// pageFolder has the files that the page speaks of.
func pageFolder(t *testing.T) string {
	t.Helper()
	dir, data := t.TempDir(), shared.Dir(t)
	if err := os.Mkdir(filepath.Join(dir, "pictures"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, from := range map[string]string{
		"coco.tflite":                        "models/zoo/ssd_mobilenet_v1_coco.tflite",
		"deeplabv3_mnv2_dm05_pascal.tflite":  "models/zoo/deeplabv3_mnv2_dm05_pascal.tflite",
		"pascal_voc_segmentation_labels.txt": "models/zoo/labels/pascal_voc_segmentation_labels.txt",
		"movenet_lightning.tflite":           "models/zoo/movenet_lightning.tflite",
		"pets.jpg":                           "golden/zoo/pictures/pets.jpg",
		"pictures/1.jpg":                     "golden/zoo/pictures/pets.jpg",
		"pictures/2.png":                     "golden/zoo/pictures/squat.png",
	} {
		if err := os.Symlink(filepath.Join(data, from), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// config checks a config file, and runs the first one of each camera.
func (p *page) config(text string) {
	p.t.Helper()
	camera := regexp.MustCompile(`(?m)^cameras:\n  (\w+):`).FindStringSubmatch(text)[1]
	file := filepath.Join(p.dir, camera+".yaml")
	if p.brokers[camera] != "" {
		file = filepath.Join(p.dir, "another.yaml")
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	if p.brokers[camera] != "" {
		p.check(file)
		return
	}
	p.brokers[camera] = freeport.Find(p.t)
	cmd := p.command("inceptiond", "run", "-c", camera+".yaml", "--listen", "127.0.0.1:"+p.brokers[camera], "--output", "none")
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			p.t.Errorf("the daemon of %s: %v", camera, err)
		}
	})
}

// command prepares a command in the page's folder.
func (p *page) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(p.dir, "state"))
	return cmd
}

// check checks a config that no command runs; its files are named relative to the page's folder.
func (p *page) check(file string) {
	p.t.Helper()
	if out, err := p.command("inceptiond", "config", "check", file).CombinedOutput(); err != nil {
		p.t.Errorf("%v: %s", err, out)
	}
}

// follow runs a command as the page has it, but for the network, and the port of a broker. One that listens is ended by its first
// line.
func (p *page) follow(command string) {
	p.t.Helper()
	switch {
	case command == "inceptiond model pull "+ofCatalogue:
		if _, err := catalogue.Find(ofCatalogue); err != nil {
			p.t.Error(err)
		}
		return
	case strings.HasPrefix(command, "inceptiond run "):
		if command != "inceptiond run -c gate.yaml --listen 127.0.0.1:1884" { // as config does
			p.t.Errorf("unknown: %s", command)
		}
		return
	case strings.HasPrefix(command, "mosquitto_sub "):
		camera := regexp.MustCompile(`inceptiond/gate-pi/(\w+)/`).FindStringSubmatch(command)[1]
		command = strings.NewReplacer("-p 1884", "-p "+p.brokers[camera], "jq ", "jq --unbuffered ").Replace(command)
		if !strings.Contains(command, " > ") {
			p.listen(command)
			return
		}
	}
	command = strings.ReplaceAll(command, "pull:"+ofCatalogue, "coco.tflite")
	out, err := p.command("timeout", "60", "sh", "-c", command).CombinedOutput()
	if err != nil || len(out) == 0 && !strings.Contains(command, " > ") {
		p.t.Errorf("%s: %v\n%s", command, err, out)
	}
}

// listen runs a command until it has written a line.
func (p *page) listen(command string) {
	p.t.Helper()
	cmd := p.command("timeout", "120", "sh", "-c", command)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	cmd.Wait() // it was killed
	if err != nil {
		p.t.Errorf("%s: %v after %q", command, err, line)
	}
}
