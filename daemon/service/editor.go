package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/publish/web"
)

// File is the config file, as far as the page reads and changes it. Its methods may be called from several goroutines at once,
// but for Apply, which one goroutine calls.
type File interface {
	Path() string // empty: there is no such file yet
	Read() (web.ConfigFile, error)
	Check(text []byte) []web.Problem
	Edit(text []byte, changes []web.Change) ([]byte, error)
	ModelFiles() []string // that models may have; see [web.Workbench]

	// Apply has use make ready what text asks for, and then writes text to the file, if the SHA-256 of that is expected. With
	// an error the file is as it was.
	Apply(text []byte, expected string, use func(*plan.Plan) error) (sha256 string, err error)

	// Before is the text before the last Apply; the error is web.ErrNone if there is none.
	Before() ([]byte, error)
}

var _ web.Editor = (*Service)(nil)

// errNoFile is what there is to say of the config of a service without a File.
var errNoFile = errors.New("this daemon has no config file that could be changed")

// source is the config file; empty: there is none.
func (s *Service) source() string {
	if s.options.Source == "" && s.options.File != nil {
		return s.options.File.Path()
	}
	return s.options.Source
}

// ReadConfig is the config file; see [web.Editor].
func (s *Service) ReadConfig(context.Context) (web.ConfigFile, error) {
	if s.options.File == nil {
		return web.ConfigFile{}, errNoFile
	}
	return s.options.File.Read()
}

// CheckConfig is what is wrong with a text; see [web.Editor].
func (s *Service) CheckConfig(_ context.Context, text []byte) []web.Problem {
	if s.options.File == nil {
		return []web.Problem{{Message: errNoFile.Error()}}
	}
	return s.options.File.Check(text)
}

// EditConfig makes changes to a text; see [web.Editor].
func (s *Service) EditConfig(_ context.Context, text []byte, changes []web.Change) ([]byte, error) {
	if s.options.File == nil {
		return nil, errNoFile
	}
	return s.options.File.Edit(text, changes)
}

// ApplyConfig puts a text in force; see [web.Editor].
func (s *Service) ApplyConfig(ctx context.Context, text []byte, expected string) (applied web.Applied, err error) {
	if s.options.File == nil {
		return web.Applied{}, errNoFile
	}
	done, refused := s.request(ctx, func(life context.Context) (fatal error) {
		applied, err, fatal = s.apply(life, ctx, text, expected)
		return fatal
	})
	if refused != nil {
		return web.Applied{}, refused
	}
	<-done // also if ctx ends: then soon, and what has become of it is known
	return applied, err
}

// UndoConfig puts the text from before in force; see [web.Editor].
func (s *Service) UndoConfig(ctx context.Context) (web.Applied, error) {
	if s.options.File == nil {
		return web.Applied{}, errNoFile
	}
	text, err := s.options.File.Before()
	if err != nil {
		return web.Applied{}, err
	}
	file, err := s.options.File.Read()
	if err != nil {
		return web.Applied{}, err
	}
	return s.ApplyConfig(ctx, text, file.SHA256)
}

// apply makes the file have text, and what text asks for run. With err nothing has changed. After a fatal error the service is
// of no more use: close it.
func (s *Service) apply(life, asked context.Context, text []byte, expected string) (applied web.Applied, err, fatal error) {
	defer s.tellReload()()
	ctx, cancel := context.WithCancel(life)
	defer cancel()
	defer context.AfterFunc(asked, cancel)()
	old := s.parts
	var next *parts
	applied.SHA256, err = s.options.File.Apply(text, expected, func(p *plan.Plan) (err error) {
		if err := checkPage(p.Web.TLS); err != nil {
			return asConfigError(err)
		}
		next, err = s.builder().build(ctx, p)
		if gone := cmp.Or(life.Err(), asked.Err()); gone != nil { // the end has come, or nobody waits for it any more
			return errors.Join(gone, err)
		}
		return asConfigError(err)
	})
	if err != nil {
		if next != nil {
			err = errors.Join(err, next.close(old))
		}
		s.log.Warn("config of the page not applied, the old one goes on", zap.String("file", s.source()), zap.Strings("problems", problemsOf(err)))
		return web.Applied{}, err, nil
	}
	cameras, fatal := s.exchange(life, next)
	if fatal != nil {
		s.takeBack(applied.SHA256)
		return web.Applied{}, fatal, fatal
	}
	applied.Kept, applied.Started, applied.Stopped = cameras.kept, cameras.added, cameras.gone
	return applied, nil, nil
}

// asConfigError says what is wrong with a config whose parts cannot be made, a line for each problem.
func asConfigError(err error) error {
	if err == nil {
		return nil
	}
	bad := &web.ConfigError{}
	for line := range strings.Lines(err.Error()) {
		bad.Problems = append(bad.Problems, web.Problem{Message: strings.TrimSpace(line)})
	}
	return bad
}

// problemsOf are the problems of an error, for the log.
func problemsOf(err error) []string {
	bad := new(web.ConfigError)
	if !errors.As(err, &bad) {
		return []string{err.Error()}
	}
	var list []string
	for _, p := range bad.Problems {
		said := p.Message
		if p.Key != "" {
			said = p.Key + ": " + said
		}
		if p.Line > 0 {
			said = fmt.Sprintf("%d: %s", p.Line, said)
		}
		list = append(list, said)
	}
	return list
}

// takeBack gives the file the text from before a config that has ended us, for who starts us again.
func (s *Service) takeBack(sha256 string) {
	text, err := s.options.File.Before()
	if err == nil {
		_, err = s.options.File.Apply(text, sha256, func(*plan.Plan) error { return nil })
	}
	if err != nil {
		s.log.Error("the config file keeps a config that cannot run", zap.String("file", s.source()), zap.Error(err))
	}
}
