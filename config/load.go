package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// maxFile is the most bytes that a config file may have.
const maxFile = 1 << 20

// Load reads the file at path as Parse does and resolves the relative paths in it against the folder of the file. The
// error is an *Error if the file could be read.
func Load(path string, more ...Check) (*Config, error) {
	data, err := readFile(path, maxFile)
	if err != nil {
		return nil, err
	}
	return ParseAs(path, data, more...)
}

// ParseAs is [Load] for data that the file at path does not have yet.
func ParseAs(path string, data []byte, more ...Check) (*Config, error) {
	c, err := Parse(path, data, more...)
	if err != nil {
		return nil, err
	}
	c.resolve(filepath.Dir(path))
	return c, nil
}

// Sketch is [Draft] of a text, with paths as they are written; nil: nothing could be read.
func Sketch(data []byte) *Config {
	c, _ := read(data)
	return c
}

// Draft is [Load] for a file that may have mistakes: where there is one, the value is the default, or impossible. The
// result is good for looking at the files that it names, and for nothing else. The error says that nothing could be read.
func Draft(path string) (*Config, error) {
	data, err := readFile(path, maxFile)
	if err != nil {
		return nil, err
	}
	c, problems := read(data)
	if c == nil {
		return nil, newError(path, problems)
	}
	c.resolve(filepath.Dir(path))
	return c, nil
}

// readFile reads a whole regular file of at most limit bytes. It never waits for somebody who writes.
func readFile(path string, limit int) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, fmt.Errorf("config: %s is no file, but a folder, a pipe or a device (want a file)", path))
	}
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	if len(data) > limit {
		return nil, fmt.Errorf("config: read %s: more than %d bytes", path, limit)
	}
	return data, nil
}

// resolve makes every relative path in c relative to dir instead of the working folder.
func (c *Config) resolve(dir string) {
	paths := []*string{
		&c.MQTT.PasswordFile, &c.MQTT.TLS.CAFile, &c.MQTT.TLS.CertFile, &c.MQTT.TLS.KeyFile, &c.Metrics.TextFile, &c.Teach.Folder,
		&c.Web.TLS.CertFile, &c.Web.TLS.KeyFile,
	}
	if c.MQTT.Spool.Path != SpoolOff {
		paths = append(paths, &c.MQTT.Spool.Path)
	}
	for name, m := range c.Models {
		c.Models[name] = m.resolved(dir)
	}
	for _, cam := range c.Cameras {
		if cam.HTTP != nil {
			paths = append(paths, &cam.HTTP.PasswordFile, &cam.HTTP.CAFile)
		}
		if cam.Snapshot != nil {
			paths = append(paths, &cam.Snapshot.Folder)
		}
		if cam.RTSP != nil {
			paths = append(paths, &cam.RTSP.PasswordFile, &cam.RTSP.CAFile)
		}
		if cam.Files != nil {
			for i := range cam.Files.Paths {
				paths = append(paths, &cam.Files.Paths[i])
			}
		}
	}
	resolve(dir, paths...)
}

// resolved is m with paths that hold in any folder.
func (m Model) resolved(dir string) Model {
	resolve(dir, &m.File, &m.Labels)
	if m.EdgeTPU != nil {
		resolve(dir, &m.EdgeTPU.File)
	}
	return m
}

// resolve has paths that are relative begin in dir.
func resolve(dir string, paths ...*string) {
	for _, path := range paths {
		if *path != "" && !named(*path) && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
}

// named tells whether the name of a file is no path, but stands for a file that is found by its name.
func named(file string) bool {
	for _, prefix := range []string{builtinPrefix, pullPrefix, hashPrefix, TaughtPrefix} {
		if strings.HasPrefix(file, prefix) {
			return true
		}
	}
	return false
}
