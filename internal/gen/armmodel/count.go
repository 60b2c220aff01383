package armmodel

import (
	"bufio"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// maxApart is how far prediction and count may lie apart.
const maxApart = 0.15

// printCounts compares the instructions that QEMU executes in an inference with those that the model predicts, on cores
// without and with dot products, and fails where they differ much.
func printCounts(out io.Writer, k *kernels, list []network, binary string) error {
	plugin := filepath.Join(filepath.Dir(binary), "blocks.so")
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	source := filepath.Join(root, "internal/gen/armmodel/plugin/blocks.c")
	if text, err := exec.Command("gcc", "-shared", "-fPIC", "-O2", "-o", plugin, source).CombinedOutput(); err != nil {
		return fmt.Errorf("armmodel: gcc: %w: %s", err, text)
	}
	c, err := newCounter(binary, plugin)
	if err != nil {
		return err
	}
	fmt.Fprint(out, "\n| millions of instructions | core | predicted | counted | off |\n|---|---|---|---|---|\n")
	var apart []string
	for i := range list {
		n := &list[i]
		for core := 1; core < coreCount; core++ { // the kernels of the Cortex-A53 are those of the A72
			counted, err := c.inference(n.path, cores[core].qemu)
			if err != nil {
				return err
			}
			predicted := 0.0
			for _, l := range n.of(core) {
				predicted += l.instructions(k)
			}
			off := predicted/counted - 1
			fmt.Fprintf(out, "| %s | %s | %.1f | %.1f | %+.1f %% |\n", n.name, cores[core].name, predicted/1e6, counted/1e6, 100*off)
			if off > maxApart || off < -maxApart {
				apart = append(apart, fmt.Sprintf("%s on %s by %+.0f %%", n.name, cores[core].name, 100*off))
			}
		}
	}
	if apart != nil {
		return fmt.Errorf("armmodel: prediction and count differ: %s", strings.Join(apart, ", "))
	}
	return nil
}

// counter counts instructions of a program by function.
type counter struct {
	binary, plugin string
	functions      []function
}

type function struct {
	name       string
	start, end uint64
}

func newCounter(binary, plugin string) (*counter, error) {
	f, err := elf.Open(binary)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("armmodel: %s: %w", binary, err)
	}
	c := &counter{binary: binary, plugin: plugin}
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			c.functions = append(c.functions, function{s.Name, s.Value, s.Value + s.Size})
		}
	}
	slices.SortFunc(c.functions, func(a, b function) int { return int(int64(a.start) - int64(b.start)) })
	return c, nil
}

// inference is the instructions of one inference: those of two runs of the benchmark, less those of one, in the packages
// of the engine.
func (c *counter) inference(path, cpu string) (float64, error) {
	var counts [2]map[string]float64
	for i := range counts {
		var err error
		if counts[i], err = c.run(path, cpu, i+1); err != nil {
			return 0, err
		}
	}
	total := 0.0
	for name, n := range counts[1] {
		if strings.Contains(name, "infer/cpu") || name == "runtime.memmove" || name == "runtime.memclrNoHeapPointers" {
			total += n - counts[0][name]
		}
	}
	return total, nil
}

// run counts the instructions of each function in so many runs of the benchmark.
func (c *counter) run(path, cpu string, runs int) (map[string]float64, error) {
	file := c.binary + ".blocks"
	cmd := exec.Command("qemu-aarch64", "-cpu", cpu, "-plugin", c.plugin+",out="+file, c.binary, "bench", "-m", path, "-t", "1", "-r", fmt.Sprint(runs))
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("armmodel: %s: %w: %s (Debian: apt install qemu-user)", cmd, err, text)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	counts := map[string]float64{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var address, instructions, times uint64
		if _, err := fmt.Sscanf(lines.Text(), "%x %d %d", &address, &instructions, &times); err != nil {
			return nil, fmt.Errorf("armmodel: %q: %w", lines.Text(), err)
		}
		i := sort.Search(len(c.functions), func(i int) bool { return c.functions[i].start > address }) - 1
		if i >= 0 && address < c.functions[i].end {
			counts[c.functions[i].name] += float64(instructions * times)
		}
	}
	return counts, nil
}
