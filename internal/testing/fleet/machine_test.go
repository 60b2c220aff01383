package fleet

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	//go:embed layer.sh
	layerScript string
	//go:embed boot.sh
	bootScript string
)

// limit is what a command gets before it counts as hung.
const limit = 3 * time.Minute

// machine is a container with systemd, an address, and a root file system that begins with the layer.
type machine struct {
	name   string
	root   string // what differs from the layer, before it is booted
	pid    int    // of its first process, as seen from here
	boot   *exec.Cmd
	start  func() // lets it boot
	output *bytes.Buffer
}

// layer makes what machines begin with, in dir.
func layer(t *testing.T, dir string, packages ...string) {
	t.Helper()
	run(t, "", "bash", append([]string{"-c", layerScript, "layer", dir}, packages...)...)
}

// newMachine prepares a machine; its files may be put into root before it boots.
func newMachine(t *testing.T, dir, name string) *machine {
	t.Helper()
	m := &machine{name: name, root: filepath.Join(dir, name, "upper"), output: &bytes.Buffer{}}
	for _, part := range []string{"upper", "work", "root"} {
		if err := os.MkdirAll(filepath.Join(dir, name, part), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cgroup := filepath.Join(cgroups(t), fmt.Sprintf("trial-%s-%d", name, os.Getppid()))
	m.boot = exec.Command("bash", "-c", bootScript, "boot", dir, name, cgroup)
	m.boot.Stdout, m.boot.Stderr = m.output, m.output
	hold, err := m.boot.StdinPipe()
	if err == nil {
		err = m.boot.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		m.boot.Process.Kill() // and with it all that runs in the machine
		m.boot.Wait()
		for range 100 {
			if removeAll(cgroup) == nil {
				return
			}
			time.Sleep(20 * time.Millisecond) // its last processes are going
		}
	})
	m.start = func() { hold.Write([]byte("boot\n")) }
	m.pid = firstChild(t, m.boot.Process.Pid)
	return m
}

// firstChild waits for a process's first child.
func firstChild(t *testing.T, pid int) int {
	t.Helper()
	child := 0
	eventually(t, "the machine's first process", func() bool {
		name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if string(name) != "unshare\n" { // what it was before has other children
			return false
		}
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
		first, _, _ := strings.Cut(string(text), " ")
		child, _ = strconv.Atoi(first)
		return child > 0
	})
	return child
}

// removeAll removes a group and those in it; they are folders with files that go by themselves.
func removeAll(cgroup string) error {
	var folders []string
	err := filepath.WalkDir(cgroup, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			folders = append(folders, path)
		}
		return err
	})
	for _, folder := range slices.Backward(folders) {
		err = errors.Join(err, os.Remove(folder))
	}
	return err
}

// cgroups is where control groups of version 2 can be made.
func cgroups(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 3 && fields[2] == "cgroup2" {
			return fields[1]
		}
	}
	t.Fatal("there are no control groups of version 2")
	return ""
}

// network connects machines by a bridge in the first one's, with the addresses 10.77.0.1 and from 10.77.0.11 on.
func network(t *testing.T, hub *machine, devices ...*machine) {
	t.Helper()
	inside := func(m *machine, line string) {
		t.Helper()
		run(t, "", "nsenter", "--target", strconv.Itoa(m.pid), "--net", "sh", "-ec", line)
	}
	inside(hub, "ip link set lo up; ip link add lan type bridge; ip addr add 10.77.0.1/24 dev lan; ip link set lan up")
	for i, d := range devices {
		at := fmt.Sprintf("to%d", i)
		run(t, "", "ip", "link", "add", at, "netns", strconv.Itoa(hub.pid), "type", "veth", "peer", "name", "eth0", "netns", strconv.Itoa(d.pid))
		inside(hub, fmt.Sprintf("ip link set %s master lan up", at))
		inside(d, fmt.Sprintf("ip link set lo up; ip addr add 10.77.0.%d/24 dev eth0; ip link set eth0 up", 11+i))
	}
}

// try runs a shell script in the machine, as a person would who has logged in.
func (m *machine) try(input, script string) (output string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "nsenter", "--target", strconv.Itoa(m.pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd",
		"env", "-i", "HOME=/root", "USER=root", "LANG=C.UTF-8", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"bash", "-euc", "cd\n"+script)
	cmd.Stdin = strings.NewReader(input)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// do is try of what must work.
func (m *machine) do(t *testing.T, script string) (output string) {
	t.Helper()
	begun := time.Now()
	output, err := m.try("", script)
	if err != nil {
		t.Fatalf(complaint+"%s: %v:\n%s\n%s\n%s", m.name, err, script, output, m.output)
	}
	t.Logf("%s, %.1f s:\n%s\n%s", m.name, time.Since(begun).Seconds(), script, output)
	return output
}

// ssh answers those who call ssh in the machine, for hosts by name, until ctx ends.
func (m *machine) ssh(ctx context.Context, hosts map[string]*machine) {
	calls := fmt.Sprintf("/proc/%d/root/run/ssh", m.pid)
	for ctx.Err() == nil {
		time.Sleep(50 * time.Millisecond)
		call, err := os.ReadFile(filepath.Join(calls, "call"))
		if err != nil {
			continue
		}
		os.Remove(filepath.Join(calls, "call"))
		input, _ := os.ReadFile(filepath.Join(calls, "input"))
		who, command, _ := strings.Cut(string(call), " ")
		host := hosts[strings.TrimPrefix(who, "root@")]
		out, status := "ssh: Could not resolve hostname "+who, 255
		if host != nil {
			out, err = host.try(string(input), command)
			status = 0
			if exit := new(exec.ExitError); errors.As(err, &exit) {
				status = exit.ExitCode()
			}
		}
		os.WriteFile(filepath.Join(calls, "output"), []byte(out), 0o600)
		os.WriteFile(filepath.Join(calls, "status.new"), fmt.Append(nil, status), 0o600)
		os.Rename(filepath.Join(calls, "status.new"), filepath.Join(calls, "status"))
	}
}

// sshProgram is the machine's ssh, which ssh answers.
const sshProgram = `#!/bin/sh
mkdir -p /run/ssh
rm -f /run/ssh/status
cat >/run/ssh/input
echo "$*" >/run/ssh/call.new
mv /run/ssh/call.new /run/ssh/call
until [ -e /run/ssh/status ]; do sleep 0.05; done
cat /run/ssh/output
exit "$(cat /run/ssh/status)"
`

// run runs a program that must work.
func run(t *testing.T, input, name string, args ...string) (output string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf(complaint+"%s: %v: %s", name, err, out)
	}
	return string(out)
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !holds(); {
		if time.Now().After(end) {
			t.Fatalf(complaint+"waited in vain for %s", what)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// block is a shell block of a page.
type block struct {
	where string // hub or device
	about string // what else its fence says
	text  string
}

// blocks are those of a page whose fence names a machine: "```sh hub", "```sh device update".
func blocks(t *testing.T, path string) (list []block) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var open *block
	for lines := bufio.NewScanner(f); lines.Scan(); {
		switch fence, isFence := strings.CutPrefix(lines.Text(), "```"); {
		case isFence && open != nil:
			list, open = append(list, *open), nil
		case isFence && strings.HasPrefix(fence, "sh "):
			words := append(strings.Fields(fence), "")
			open = &block{where: words[1], about: words[2]}
		case open != nil:
			open.text += lines.Text() + "\n"
		}
	}
	return list
}
