package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/infer/engines"
)

// serviceUser is the user of the installed service.
const serviceUser = "inceptiond"

// checkService tells which files of the config the installed service cannot read: this process, which root runs, can read
// all of them.
func checkService(user string, files []string, cannot func(user, path string) bool) Check {
	return Check{Area: "config", Name: "service", Run: func(ctx context.Context) (findings []Finding) {
		for _, path := range files {
			if _, err := os.Stat(path); err != nil || ctx.Err() != nil || !cannot(user, path) {
				continue // that it is not there is for whoever needs it to tell
			}
			findings = append(findings, Finding{State: Fault, Found: fmt.Sprintf("%s: the service's user, %s, cannot read it", path, user),
				Fix: fmt.Sprintf("sudo chgrp %s %s && sudo chmod g+r %[2]s; if that is not enough, a folder above it is closed: namei -l %[2]s", user, path)})
		}
		if findings == nil {
			return ok("its user, %s, can read all files that are named", user)
		}
		return findings
	}}
}

// files are what the service reads that this plan names, each once. Models that were fetched belong to it already, and so do
// credentials of the unit.
func (e *examination) files() []string {
	list := []string{e.options.File}
	for _, models := range []map[string]engines.Options{e.plan.Models, e.plan.Idle} {
		for _, m := range models {
			list = append(list, m.File, m.Labels)
			if m.TPU != nil {
				list = append(list, m.TPU.File)
			}
		}
	}
	for _, c := range e.plan.Cameras {
		list = append(list, c.PasswordFile)
	}
	if m := e.plan.MQTT; m != nil {
		list = append(list, m.PasswordFile, m.Options.TLS.CAFile, m.Options.TLS.CertFile, m.Options.TLS.KeyFile)
	}
	list = append(list, e.plan.Web.TLS.CertFile, e.plan.Web.TLS.KeyFile)
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(path string) bool {
		return !filepath.IsAbs(path) || strings.HasPrefix(path, "/run/credentials/")
	})
}
