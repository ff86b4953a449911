// Package github speaks to the runner of a GitHub workflow: annotations on the
// lines of a pull request, the step summary, and outputs.
//
// What people wrote into prompts and commits is data here. It is escaped in
// annotations, goes into the summary as text, and never becomes an output:
// an output with a line of its own choosing could set further outputs. In the
// log of an action it is quoted (see Quote), so that a line of a prompt is not
// a command to the runner.
package github
