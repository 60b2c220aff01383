package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/infer/catalogue/pull"
	"github.com/inceptiond/inceptiond/internal/text"
)

func modelListCommand(std streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list the networks that `model pull` can fetch, and what it has fetched by its SHA-256",
		Long: "Lists the catalogue of hosted networks: what they are for, the side of their input in pixels, their classes, size, products of one\n" +
			"run, how long that takes on a Raspberry Pi 4 and 5 with four threads (predicted, " + text.Doc("performance.md") + "), and\n" +
			"whether they have been fetched. Then the files on this machine that were fetched by their SHA-256. It opens no connection.",
		Example: "  inceptiond model list\n  inceptiond model list --json",
		Args:    arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return json.NewEncoder(std.out).Encode(describeCatalogue())
			}
			return describeCatalogue().print(std.out)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON (docs/schema/model-list.json)")
	return cmd
}

// catalogueReport is what `model list` says; its fields are also the JSON.
type catalogueReport struct {
	Schema int           `json:"schema"`
	Models []listedModel `json:"models"`
	Kept   []listedKept  `json:"kept"`
}

// listedKept is a file that was fetched by its hash.
type listedKept struct {
	SHA256  string `json:"sha256"`
	Kind    string `json:"kind"`
	Size    int64  `json:"size_bytes"`
	Fetched string `json:"fetched"`
	Path    string `json:"path"`
}

type listedModel struct {
	Name      string      `json:"name"`
	Task      string      `json:"task"`
	Input     int         `json:"input"`
	Classes   int         `json:"classes"`
	MACs      int64       `json:"macs"`
	Predicted predictedMS `json:"predicted_ms"`
	License   string      `json:"license"`
	File      listedFile  `json:"file"`
	Labels    listedFile  `json:"labels"`
}

type predictedMS struct {
	Pi4 float64 `json:"raspberry_pi_4"`
	Pi5 float64 `json:"raspberry_pi_5"`
}

type listedFile struct {
	URL    string `json:"url"`
	Size   int64  `json:"size_bytes,omitempty"`
	About  int64  `json:"about_bytes,omitempty"`
	Blob   string `json:"git_blob"`
	SHA256 string `json:"sha256,omitempty"`
	Path   string `json:"path,omitempty"`
}

func describeCatalogue() catalogueReport {
	r := catalogueReport{Schema: 1, Kept: []listedKept{}}
	for _, m := range catalogue.All() {
		path, _ := m.Pulled() // what cannot be looked at cannot be used either
		labels, _ := m.PulledLabels()
		r.Models = append(r.Models, listedModel{
			Name: m.Name, Task: m.Task, Input: m.Input, Classes: m.Classes, MACs: m.MACs, Predicted: predictedMS{m.Pi4, m.Pi5},
			License: catalogue.License, File: listFile(m.File, path), Labels: listFile(m.Labels, labels),
		})
	}
	kept, _ := catalogue.AllKept() // those that can be seen
	for _, k := range kept {
		kind := "labels"
		if k.Model {
			kind = "model"
		}
		r.Kept = append(r.Kept, listedKept{k.SHA256, kind, k.Bytes, k.Fetched.UTC().Format(time.RFC3339), k.Path})
	}
	return r
}

func listFile(f catalogue.File, path string) listedFile {
	return listedFile{URL: catalogue.Source + f.Name, Size: f.Size, About: f.About, Blob: f.Blob, SHA256: f.SHA256, Path: path}
}

// print writes the report for people.
func (r catalogueReport) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "name\ttask\tinput\tclasses\tsize\tmillion MACs\tPi 4 ms\tPi 5 ms\tlicense\tfetched\n")
	for _, m := range r.Models {
		size := pull.MB(m.File.Size)
		if m.File.Size == 0 {
			size = "about " + pull.MB(m.File.About)
		}
		fetched := "no"
		if m.File.Path != "" && m.Labels.Path != "" {
			fetched = "yes"
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%s\t%.0f\t%.1f\t%.1f\t%s\t%s\n", m.Name, m.Task, m.Input, m.Classes, size,
			float64(m.MACs)/1e6, m.Predicted.Pi4, m.Predicted.Pi5, m.License, fetched)
	}
	if err := table.Flush(); err != nil || len(r.Kept) == 0 {
		return err
	}
	fmt.Fprint(table, "\nby hash\tkind\tsize\tfetched\n")
	for _, k := range r.Kept {
		fmt.Fprintf(table, "%s%s\t%s\t%s\t%s\n", catalogue.HashPrefix, k.SHA256, k.Kind, pull.MB(k.Size), k.Fetched)
	}
	return table.Flush()
}
