#pragma once

// How the process was started. Swift reads the arguments of a static program from /proc, which an empty root has not.
int start_argument_count(void);
char **start_arguments(void);

// The program's file as it was named to the kernel, which a shell has found in PATH by then; NULL if that is not known.
const char *start_path(void);

// The commit that was built; empty where nobody knows it.
const char *start_commit(void);

// Takes back what start.c put into the environment, before another program inherits it.
void start_restore_environment(void);
