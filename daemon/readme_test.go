package main

import (
	"bufio"
	"context"
	"errors"
	"image/jpeg"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/demo"
	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/service"
	"github.com/inceptiond/inceptiond/daemon/wiring"
)

// How TestReadme treats a command of the README.
type treatment int

const (
	toEnd   treatment = iota + 1 // it ends by itself, with 0
	online                       // the same, with a server that stands in for the hosted one
	forever                      // it runs until it is interrupted; then it ends with 0
	byCI                         // .ci/run calls it, and this test is a part of it
)

// readmeCommands lists every command of the README, so that a new one cannot go untested.
var readmeCommands = map[string]treatment{
	"make run":   forever,
	"make test":  byCI,
	"make check": byCI,
	"bin/inceptiond run --listen 127.0.0.1:1884":                                                                              forever,
	"bin/inceptiond run --broker mqtt://127.0.0.1:1883":                                                                       forever,
	"bin/inceptiond model pull mobilenet_v2_1.0_224_quant":                                                                    online,
	"curl -LO https://raw.githubusercontent.com/google-coral/test_data/104342d2d3480b3e66203073dac24f4e2dbb4c41/cat_720p.jpg": online,
	"bin/inceptiond classify -m pull:mobilenet_v2_1.0_224_quant cat_720p.jpg":                                                 toEnd,
	"bin/inceptiond cameras":                       toEnd,
	"bin/inceptiond config > inceptiond.yaml":      toEnd,
	"bin/inceptiond config check inceptiond.yaml":  toEnd,
	"bin/inceptiond run -c inceptiond.yaml":        forever,
	"bin/inceptiond classify picture.jpg":          toEnd,
	"bin/inceptiond model info builtin:demo":       toEnd,
	"bin/inceptiond bench --threads 1 --threads 2": toEnd,
	"bin/inceptiond version":                       toEnd,
}

// TestReadme follows the README word for word, in a copy of the project.
func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	needProgram(t, "make", "make")
	dir := copyProject(t)
	needProgram(t, "curl", "curl")
	t.Setenv("XDG_STATE_HOME", t.TempDir())  // where a daemon with a real broker keeps its spool
	t.Setenv("STATE_DIRECTORY", t.TempDir()) // where models go, also root's
	web := startHosted(t, hosted(t))
	t.Cleanup(web.close)
	drawPicture(t, filepath.Join(dir, "picture.jpg"))
	seen, answers := 0, ""
	for _, command := range blocks(t, "README.md", "sh") {
		seen++
		switch readmeCommands[command] {
		case toEnd, online:
			cmd := shell(t, dir, command)
			if readmeCommands[command] == online {
				cmd.Env = append(os.Environ(), web.env...)
			}
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%s: %v\n%s", command, err, out)
			}
			answers += string(out)
		case forever:
			runForAWhile(t, dir, command)
		case byCI:
		default:
			t.Errorf("the README's command %q is not in this test's list", command)
		}
	}
	if seen != len(readmeCommands) {
		t.Errorf("the README has %d commands, this test knows %d", seen, len(readmeCommands))
	}
	for _, line := range blocks(t, "README.md", "text") { // what a stranger ends at
		if label, cat := strings.CutSuffix(line[strings.LastIndex(line, "%")+1:], " cat"); cat && !strings.Contains(answers, label+" cat") {
			t.Errorf("no answer has %q, which the README shows:\n%s", line, answers)
		}
	}
	if !strings.Contains(answers, "tabby cat") {
		t.Errorf("there is no tabby cat in:\n%s", answers)
	}
}

// TestConfigsInDocs holds what a person may copy into a config file to the parser. What is indented goes on with what is above it.
func TestConfigsInDocs(t *testing.T) {
	for _, file := range []string{"README.md", "docs/models.md", "docs/views.md", "docs/cameras.md", "docs/page.md"} {
		var all []string
		for _, lines := range fences(t, file, "yaml") {
			text := strings.Join(lines, "\n") + "\n"
			if len(all) > 0 && strings.HasPrefix(text, " ") {
				all[len(all)-1] += text
			} else {
				all = append(all, text)
			}
		}
		if len(all) == 0 {
			t.Errorf("%s has none", file)
		}
		for _, text := range all {
			if _, err := config.Parse(file, []byte(text)); err != nil {
				t.Errorf("%v in:\n%s", err, text)
			}
		}
	}
}

// The config files of docs/automation.md are whole ones, and the classes that they name are those of the demo model.
func TestAutomationConfigs(t *testing.T) {
	all := fences(t, "docs/automation.md", "yaml")
	if len(all) == 0 {
		t.Error("there are none")
	}
	for i, lines := range all {
		file := filepath.Join(t.TempDir(), "inceptiond.yaml")
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := wiring.LoadPlan(file, wiring.Flags{})
		if err == nil {
			_, err = service.Check(t.Context(), p)
		}
		if err != nil {
			t.Errorf("file %d: %v in:\n%s", i+1, err, strings.Join(lines, "\n"))
		}
	}
}

// blocks returns the lines of a document's fenced blocks of one language.
func blocks(t *testing.T, file, language string) []string {
	t.Helper()
	return slices.Concat(fences(t, file, language)...)
}

// fences returns a document's fenced blocks of one language, each as its lines.
func fences(t *testing.T, file, language string) [][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", file))
	if err != nil {
		t.Fatal(err)
	}
	var found [][]string
	inside := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "```"+language:
			inside, found = true, append(found, nil)
		case line == "```":
			inside = false
		case inside:
			last := len(found) - 1
			found[last] = append(found[last], line)
		}
	}
	return found
}

// copyProject copies what a clone would have into a fresh folder.
func copyProject(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	leftOut := []string{".git", "bin", "build"}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel("..", path)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, rel)
		switch {
		case slices.Contains(leftOut, rel) && d.IsDir():
			return fs.SkipDir
		case slices.Contains(leftOut, rel): // .git is a file in a work tree of its own
			return nil
		case d.IsDir():
			return os.MkdirAll(to, 0o755)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// drawPicture writes a JPEG that stands for the reader's own.
func drawPicture(t *testing.T, path string) {
	t.Helper()
	src, err := demo.Open(context.Background(), demo.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var frame capture.Frame
	if err := src.Read(context.Background(), &frame); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := jpeg.Encode(file, rgbImage(&frame), nil); err != nil {
		t.Fatal(err)
	}
}

// shell prepares a command line in dir, in a process group of its own.
func shell(t *testing.T, dir, command string) *exec.Cmd {
	t.Helper()
	if own := map[string]string{"make run": ` ARGS="--listen 127.0.0.1:0"`, "bin/inceptiond run -c inceptiond.yaml": " --listen 127.0.0.1:0"}[command]; own != "" &&
		portTaken("127.0.0.1:1883") { // this machine has a broker already
		command += own
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "exec "+command)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// runForAWhile starts a daemon, waits until it has classified a frame, and interrupts it as Ctrl-C does.
func runForAWhile(t *testing.T, dir, command string) {
	t.Helper()
	cmd := shell(t, dir, command)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stuck := time.AfterFunc(3*time.Minute, func() { cmd.Cancel() })
	defer stuck.Stop()
	answered := false
	for lines := bufio.NewScanner(out); !answered && lines.Scan(); {
		answered = strings.Contains(lines.Text(), "infer ") && strings.Contains(lines.Text(), "%")
	}
	err = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
	io.Copy(io.Discard, out)
	if strings.HasPrefix(command, "make ") {
		cmd.Wait() // make itself dies of the interrupt, whatever the program it runs says
	} else {
		err = errors.Join(err, cmd.Wait())
	}
	if err != nil || !answered {
		t.Errorf("%s: %v, answered: %v", command, err, answered)
	}
}
