package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Table prints the report for a terminal.
func (r *Report) Table(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	pr := func(cells ...string) { _, _ = fmt.Fprintln(w, strings.Join(cells, "\t")) } // Flush has the error
	pr(r.heading())
	pr()
	pr("case", "engine", "median", "range", "÷ bare", "CPU µs", "p50 ms", "p99 ms", "errors", "load")
	for _, c := range r.Cases {
		pr(c.cells()...)
	}
	said := map[string]bool{}
	for _, c := range r.Cases {
		if c.Note != "" && !said[c.Note] {
			said[c.Note] = true
			pr("  " + c.ID + " " + c.Name + ": " + c.Note)
		}
	}
	pr()
	pr("target", "wanted", "measured", "")
	for _, v := range r.Targets {
		pr(v.What, v.limit(), fmt.Sprintf(v.Format, v.Measured), v.words())
	}
	return w.Flush()
}

// Markdown prints what the README shows.
func (r *Report) Markdown(out io.Writer) error {
	var b strings.Builder
	row := func(cells ...string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	b.WriteString(r.heading() + "\n\n")
	row("case", "engine", "median", "range", "÷ bare", "CPU µs", "p50 ms", "p99 ms")
	b.WriteString("|---|---|---|---|---|---|---|---|\n")
	for _, c := range r.Cases {
		row(c.cells()[:8]...)
	}
	b.WriteString("\n")
	row("target", "wanted", "measured", "")
	b.WriteString("|---|---|---|---|\n")
	for _, v := range r.Targets {
		row(v.What, v.limit(), fmt.Sprintf(v.Format, v.Measured), v.words())
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (r *Report) heading() string {
	m := r.Machine
	text := fmt.Sprintf("%d × %s, Linux %s, %s, %s", m.Cores, m.CPU, m.Kernel, m.Go, m.FileSystem)
	if m.PostgreSQL != "" {
		text += ", " + m.PostgreSQL
	}
	text += fmt.Sprintf("; %d rounds of %s, driver on the same cores", r.Rounds, r.Turn)
	if r.Short {
		text += "; SHORT: a look, not a result"
	}
	return text
}

// cells are the columns of a case; what was not measured is empty.
func (c *Case) cells() []string {
	var errors int64
	for _, round := range c.Rounds {
		errors += round.Errors
	}
	mid := func(format string, of func(Round) float64) string {
		if v := middle(c.values(of)); v != 0 {
			return fmt.Sprintf(format, v)
		}
		return ""
	}
	return []string{
		c.ID + " " + c.Name, c.Engine, figure(c.Median) + " " + c.Unit, c.spread(),
		mid("%.2f", ratio), mid("%.0f", func(r Round) float64 { return r.CPU }), mid("%.2f", p50), mid("%.2f", p99),
		fmt.Sprint(errors), mid("%.1f", func(r Round) float64 { return r.Load }),
	}
}

// figure prints a number with as many digits as it deserves.
func figure(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 1:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3f", v)
}
