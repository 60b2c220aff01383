package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// child is a peer in a process of its own, which runs its network when it is told to and times that itself.
type child struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	version string
}

// start starts a program and waits until it is ready.
func start(environ []string, name string, args ...string) (*child, error) {
	c := &child{cmd: exec.Command(name, args...)}
	c.cmd.Env, c.cmd.Stderr = append(os.Environ(), environ...), os.Stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	c.out = bufio.NewReaderSize(out, 1<<16)
	line, err := c.line()
	ready := false
	if c.version, ready = strings.CutPrefix(line, "ready "); err != nil || !ready {
		c.close()
		return nil, fmt.Errorf("%s does not become ready: %q", name, line)
	}
	return c, nil
}

func (c *child) line() (string, error) {
	line, err := c.out.ReadString('\n')
	return strings.TrimSpace(line), err
}

// ask sends a command and reads the answer.
func (c *child) ask(command string) (string, error) {
	if _, err := io.WriteString(c.in, command+"\n"); err != nil {
		return "", err
	}
	return c.line()
}

// run tells it to run once.
func (c *child) run() (time.Duration, error) {
	line, err := c.ask("run")
	if err != nil {
		return 0, fmt.Errorf("%s: %w", c.cmd.Path, err)
	}
	ms, err := strconv.ParseFloat(line, 64)
	return time.Duration(ms * float64(time.Millisecond)), err
}

// answer is the output of the last run.
func (c *child) answer() ([]byte, error) {
	line, err := c.ask("answer")
	if err != nil {
		return nil, err
	}
	return hex.DecodeString(line)
}

func (c *child) close() {
	c.in.Close()
	_ = c.cmd.Wait()
}
