package cluster

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/syncbuf"
	"github.com/inceptiond/inceptiond/publish/mqtt"
)

// Daemon is a real one, with cameras of the demo.
type Daemon struct {
	Device  string
	cameras int
	cmd     *exec.Cmd
	log     syncbuf.Buffer
}

// Binary is the program that `make build` has built.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := filepath.Abs("../../../bin/inceptiond")
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatal("no bin/inceptiond: run make build")
	}
	return path
}

// StartDaemon starts a daemon with the defaults but for what it has to be told.
func StartDaemon(t testing.TB, device string, cameras int, brokers []mqtt.Address, tls mqtt.TLS) *Daemon {
	t.Helper()
	dir := t.TempDir()
	var config strings.Builder
	fmt.Fprintf(&config, "device: %s\nweb: {listen: \"\"}\ncameras:\n", device)
	for i := range cameras {
		fmt.Fprintf(&config, "  demo%d: {source: demo}\n", i)
	}
	config.WriteString("mqtt:\n  broker:\n")
	for _, b := range brokers {
		if b.ServerName == "" {
			fmt.Fprintf(&config, "    - %s\n", b.URL)
		} else {
			fmt.Fprintf(&config, "    - {url: %q, server_name: %s}\n", b.URL, b.ServerName)
		}
	}
	if tls.CAFile != "" {
		fmt.Fprintf(&config, "  tls: {ca_file: %q, cert_file: %q, key_file: %q}\n", tls.CAFile, tls.CertFile, tls.KeyFile)
	}
	file := filepath.Join(dir, "inceptiond.yaml")
	if err := os.WriteFile(file, []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	d := &Daemon{Device: device, cameras: cameras, cmd: exec.Command(Binary(t), "run", "-c", file)}
	d.cmd.Dir = dir
	d.cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+dir, "XDG_STATE_HOME="+dir, "XDG_DATA_HOME="+dir, "STATE_DIRECTORY=", "RUNTIME_DIRECTORY=")
	d.cmd.Stderr = &d.log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.cmd.Process.Kill()
		if d.cmd.ProcessState == nil {
			d.cmd.Wait()
		}
		if t.Failed() {
			t.Logf("the end of %s's log:\n%s", device, d.tail())
		}
	})
	return d
}

// Stop ends the daemon as a service manager does. It returns what it said of events that it could not deliver, which are in its spool.
func (d *Daemon) Stop() error {
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- d.cmd.Wait() }()
	select {
	case err := <-ended:
		if err == nil && strings.Contains(d.log.String(), "closed with events undelivered") {
			err = fmt.Errorf("%s: it has ended with events that are not delivered", d.Device)
		}
		return err
	case <-time.After(30 * time.Second):
		return fmt.Errorf("%s: it does not end", d.Device)
	}
}

// tail is the end of the daemon's log.
func (d *Daemon) tail() string {
	lines := bytes.Split([]byte(d.log.String()), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-15):], []byte("\n")))
}
