package quantize

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
)

// File is the result as a .tflite file, with what rode in the float model's: about, but for the normalization of the input,
// which is the result's, and the files of the archive behind it.
func (r *Result) File(about model.Metadata, files []model.Attachment) ([]byte, error) {
	d := write.Metadata{
		Name: about.Name, Description: about.Description, Version: about.Version, Author: about.Author, License: about.License,
		Mean: r.Mean, Std: r.Std, Threshold: about.Threshold, Calibrated: about.Calibrated,
		Outputs: make([]write.Output, len(r.Model.Outputs)),
	}
	for k, t := range r.Model.Outputs {
		d.Outputs[k].Name = r.Model.Tensors[t].Name
	}
	if about.LabelFile != "" {
		d.Files = []write.AssociatedFile{{Name: about.LabelFile, Type: write.AxisLabels}}
	}
	metadata, err := d.Bytes()
	if err != nil {
		return nil, fmt.Errorf("quantize: %w", err)
	}
	file, err := write.ModelWithMetadata(r.Model, metadata)
	if err != nil {
		return nil, fmt.Errorf("quantize: %w", err)
	}
	if len(files) == 0 {
		return file, nil
	}
	list := make([]write.File, len(files))
	for i, f := range files {
		list[i] = write.File(f)
	}
	if file, err = write.Append(file, list...); err != nil {
		return nil, fmt.Errorf("quantize: %w", err)
	}
	return file, nil
}
