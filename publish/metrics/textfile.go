package metrics

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"
)

// TextFile writes figures into a file, again and again, in a goroutine of its own.
type TextFile struct {
	path  string
	ours  func() *figures
	log   *zap.Logger
	quit  chan struct{}
	done  chan struct{}
	wrong bool // the last attempt, which was told
	there bool // the file is ours
}

// WriteFile writes m into the file at path now, and each interval from then on. What is in it are the figures of the table
// alone: node_exporter has those of a Go program itself, and would refuse to tell any if it found them twice. A file that
// cannot be written is said in the log, once.
func (m *Metrics) WriteFile(path string, interval time.Duration, log *zap.Logger) *TextFile {
	f := &TextFile{path: path, ours: m.ours, log: log.With(zap.String("textfile", path)), quit: make(chan struct{}), done: make(chan struct{})}
	go f.run(interval)
	return f
}

func (f *TextFile) run(interval time.Duration) {
	defer close(f.done)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		f.write()
		select {
		case <-tick.C:
		case <-f.quit:
			return
		}
	}
}

// write writes once: beside the file, which is then replaced.
func (f *TextFile) write() {
	err := f.replace()
	switch {
	case err != nil && !f.wrong:
		f.log.Warn("metrics are not written, but tried again", zap.Error(cause(err)),
			zap.String("mend", "the folder of metrics.textfile must be there, and inceptiond's user may write in it"))
	case err == nil && f.wrong:
		f.log.Info("metrics are written again")
	}
	f.wrong, f.there = err != nil, f.there || err == nil
}

// replace puts a new file in the place of the old one, for all to read whatever the umask says.
func (f *TextFile) replace() error {
	next, err := os.CreateTemp(filepath.Dir(f.path), filepath.Base(f.path))
	if err != nil {
		return err
	}
	err = f.ours().write(next, nil)
	if err = errors.Join(err, next.Chmod(0o644), next.Close()); err == nil {
		err = os.Rename(next.Name(), f.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(next.Name()))
	}
	return nil
}

// cause is err without the names of files that nobody knows.
func cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// Close writes no more. With remove the file goes, so that nobody takes it for news. It takes a second at most, whatever the
// disk does.
func (f *TextFile) Close(remove bool) {
	close(f.quit)
	select {
	case <-f.done:
	case <-time.After(closeTime):
		return
	}
	if !remove || !f.there {
		return
	}
	if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.log.Warn("old metrics stay in their file", zap.Error(cause(err)))
	}
}
