/*
 * Whole PAM logins, from pam_start to pam_end, the modules loaded anew for each as in sshd, sudo and su.
 *
 * logins alternate CONFDIR ROUNDS STACK…
 *	one at a time, the stacks in turn; JSON with times
 * logins together CONFDIR PROCESSES SECONDS ROUNDS STACK…
 *	so many at once, the stacks in turn; JSON with rates
 *
 * A STACK is SERVICE=WHO, and WHO is
 * -			nobody is asked anything
 * /FILE		lines of "USER CODE", each good for one login
 * COUNT@SENDER-SOCKET	people of an enrolment; this program plays the sender, and so has their codes
 *
 * What passes between a prompt and its answer is the user's time: a login alone is measured without it, and the user
 * takes a moment to type, in which the sender's report is dealt with.
 */
#include "tests/bench/mailbox.h"
#include "tests/bench/people.h"
#include "tests/bench/post.h"
#include "tests/bench/stopwatch.h"

#include <errno.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STACKS_MAX 8
#define PROCESSES_MAX 64
#define WARM_UP 20 /* rounds that do not count */
#define TYPING_NS 1000000

struct person {
	char user[WIRE_USER_MAX], code[WIRE_CODE_MAX];
};

struct stack {
	const char *service;
	struct person *list; /* a file's, used up one by one */
	size_t list_count, list_next;
	struct mailbox *mailbox; /* a core's */
	size_t people;
	pid_t post;
	size_t refused;
	struct samples results; /* microseconds a login, or logins a second */
};

struct login {
	const struct stack *stack;
	size_t person;
	uint32_t seen; /* codes that the person has had before */
	struct person who;
	int64_t typed; /* nanoseconds that the user took */
	bool typing;
};

/* The post. */

static void serve_post(const char *socket, struct mailbox *mailbox)
{
	int fd = post_open(socket), r;
	struct send send;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	do {
		r = post_take(fd, &send, 1000);
		if (r == 0)
			mailbox_put(mailbox, people_of_phone(send.to), send.code);
	} while (r == 0 || r == -ETIMEDOUT);
	_exit(0);
}

static void start_post(struct stack *stack, const char *socket)
{
	stack->mailbox = mailbox_new(stack->people);
	stack->post = fork();
	if (stack->post < 0)
		give_up(errno, "fork");
	if (stack->post == 0)
		serve_post(socket, stack->mailbox);
}

/* The stacks. */

static void read_list(struct stack *stack, const char *path)
{
	FILE *file = fopen(path, "r");
	struct person person;
	size_t room = 0;

	if (!file)
		give_up(errno, "%s", path);
	while (fscanf(file, "%255s %15s", person.user, person.code) == 2) {
		if (stack->list_count == room) {
			room = room ? 2 * room : 1024;
			stack->list = realloc(stack->list, room * sizeof(*stack->list));
			if (!stack->list)
				give_up(errno, "%s", path);
		}
		stack->list[stack->list_count++] = person;
	}
	fclose(file);
}

static void open_stack(struct stack *stack, char *text)
{
	char *who = strchr(text, '='), *socket;

	if (!who)
		give_up(0, "%s: a stack is SERVICE=WHO", text);
	*who++ = '\0';
	stack->service = text;
	if (*who == '/') {
		read_list(stack, who);
	} else if (*who != '-') {
		stack->people = strtoul(who, &socket, 10);
		if (stack->people == 0 || *socket != '@')
			give_up(0, "%s: WHO is -, /FILE or COUNT@SOCKET", text);
		start_post(stack, socket + 1);
	}
}

static void close_stack(struct stack *stack)
{
	if (stack->post > 0) {
		kill(stack->post, SIGKILL);
		waitpid(stack->post, NULL, 0);
	}
	free(stack->list);
	samples_free(&stack->results);
}

static size_t random_below(size_t n)
{
	static uint64_t state = 88172645463325252ULL; /* xorshift64: the same people in each run */

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return n ? state % n : 0;
}

/* Who is next in one of so many processes; no two processes have the same person. */
static struct login next_login(struct stack *stack, size_t process, size_t processes)
{
	struct login login = {.stack = stack, .typing = processes == 1};

	if (stack->list) {
		size_t n = stack->list_next + process;

		if (n >= stack->list_count)
			give_up(0, "%s: the list of %zu codes is used up", stack->service, stack->list_count);
		login.who = stack->list[n];
		stack->list_next += processes;
		return login;
	}
	login.person = stack->mailbox ? process + processes * random_below(stack->people / processes) : 0;
	people_name(login.person, login.who.user);
	if (stack->mailbox)
		login.seen = mailbox_count(stack->mailbox, login.person);
	return login;
}

/* One login. */

static void type_slowly(void)
{
	const struct timespec moment = {.tv_nsec = TYPING_NS};

	nanosleep(&moment, NULL);
}

static int converse(int count, const struct pam_message **messages, struct pam_response **ret, void *data)
{
	struct login *login = data;
	int64_t began = stopwatch_now();
	const char *code = login->who.code;

	(void)messages;
	if (login->stack->mailbox) {
		code = mailbox_wait(login->stack->mailbox, login->person, login->seen);
		if (login->typing)
			type_slowly();
	}
	*ret = calloc((size_t)count, sizeof(**ret));
	if (!code || !*ret)
		return PAM_CONV_ERR;
	(*ret)[0].resp = strdup(code);
	login->typed += stopwatch_now() - began;
	return PAM_SUCCESS;
}

/* What sshd says of somebody whose public key it has accepted. */
static int describe(pam_handle_t *pamh)
{
	int r = pam_set_item(pamh, PAM_RHOST, "192.0.2.7");

	if (r == PAM_SUCCESS)
		r = pam_set_item(pamh, PAM_TTY, "ssh");
	if (r == PAM_SUCCESS)
		r = pam_putenv(pamh, "SSH_CONNECTION=192.0.2.7 50022 192.0.2.1 22");
	if (r == PAM_SUCCESS)
		r = pam_putenv(pamh, "SSH_AUTH_INFO_0=publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBench");
	return r;
}

/* A PAM code. Whoever our own module does not let in is an error of the bench: it ends. */
static int log_in(const char *confdir, struct login *login)
{
	const struct pam_conv conversation = {.conv = converse, .appdata_ptr = login};
	const char *service = login->stack->service;
	pam_handle_t *pamh = NULL;
	int r = pam_start_confdir(service, login->who.user, &conversation, confdir, &pamh);

	if (r == PAM_SUCCESS)
		r = describe(pamh);
	if (r == PAM_SUCCESS)
		r = pam_authenticate(pamh, PAM_SILENT);
	pam_end(pamh, r);
	if (r != PAM_SUCCESS && login->stack->mailbox)
		give_up(0, "%s: %s was not let in: %s", service, login->who.user, pam_strerror(NULL, r));
	return r;
}

/* alternate */

static int run_alternate(const char *confdir, long rounds, struct stack *stacks, size_t count)
{
	for (long round = -WARM_UP; round < rounds; round++)
		for (size_t i = 0; i < count; i++) {
			struct login login = next_login(&stacks[i], 0, 1);
			int64_t began = stopwatch_now();
			int r = log_in(confdir, &login);
			int64_t ns = stopwatch_now() - began - login.typed;

			if (r != PAM_SUCCESS)
				give_up(0, "%s: %s was not let in", stacks[i].service, login.who.user);
			if (round >= 0)
				samples_add(&stacks[i].results, (double)ns / 1000);
		}
	for (size_t i = 0; i < count; i++)
		printf("{\"stack\": \"%s\", \"p50_us\": %.1f, \"p99_us\": %.1f}\n", stacks[i].service,
		       samples_at(&stacks[i].results, 0.5), samples_at(&stacks[i].results, 0.99));
	return 0;
}

/* together */

/* What the processes of a round share. */
struct round {
	size_t ready;
	bool go;
	int64_t until;
	size_t tried[PROCESSES_MAX], let_in[PROCESSES_MAX];
};

static void take_part(const char *confdir, struct stack *stack, struct round *round, size_t process, size_t processes)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	__atomic_add_fetch(&round->ready, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&round->go, __ATOMIC_ACQUIRE))
		usleep(200);
	while (stopwatch_now() < round->until) {
		struct login login = next_login(stack, process, processes);

		round->tried[process]++;
		if (log_in(confdir, &login) == PAM_SUCCESS)
			round->let_in[process]++;
	}
	_exit(0);
}

static void start_all(const char *confdir, struct stack *stack, struct round *round, pid_t *pids, size_t processes)
{
	for (size_t i = 0; i < processes; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			give_up(errno, "fork");
		if (pids[i] == 0)
			take_part(confdir, stack, round, i, processes);
	}
	while (__atomic_load_n(&round->ready, __ATOMIC_ACQUIRE) < processes)
		usleep(1000);
}

static void wait_for_all(const pid_t *pids, size_t processes)
{
	for (size_t i = 0; i < processes; i++) {
		int status;

		if (waitpid(pids[i], &status, 0) < 0)
			give_up(errno, "waitpid");
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			exit(EXIT_FAILURE);
	}
}

/*
 * Logins a second, from the moment that all begin to the moment that the last is done. Who is refused does not count:
 * pam_oath refuses whoever comes while it writes its users file.
 */
static double run_round(const char *confdir, struct stack *stack, struct round *round, size_t processes, double seconds)
{
	pid_t pids[PROCESSES_MAX];
	size_t logins = 0, most = 0;
	int64_t began;

	*round = (struct round){0};
	start_all(confdir, stack, round, pids, processes);
	began = stopwatch_now();
	round->until = began + (int64_t)(seconds * 1e9);
	__atomic_store_n(&round->go, true, __ATOMIC_RELEASE);
	wait_for_all(pids, processes);
	began = stopwatch_now() - began;
	for (size_t i = 0; i < processes; i++) {
		logins += round->let_in[i];
		most = round->tried[i] > most ? round->tried[i] : most;
		stack->refused += round->tried[i] - round->let_in[i];
	}
	stack->list_next += most * processes;
	return (double)logins * 1e9 / (double)began;
}

static int run_together(const char *confdir, size_t processes, double seconds, long rounds, struct stack *stacks,
			size_t count)
{
	struct round *round = mmap(NULL, sizeof(*round), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (round == MAP_FAILED)
		give_up(errno, "mmap");
	if (processes == 0 || processes > PROCESSES_MAX)
		give_up(0, "from 1 to %d processes", PROCESSES_MAX);
	for (long n = 0; n < rounds; n++)
		for (size_t i = 0; i < count; i++)
			samples_add(&stacks[i].results, run_round(confdir, &stacks[i], round, processes, seconds));
	for (size_t i = 0; i < count; i++)
		printf("{\"stack\": \"%s\", \"logins_per_second\": %.1f, \"refused\": %zu}\n", stacks[i].service,
		       samples_at(&stacks[i].results, 0.5), stacks[i].refused);
	munmap(round, sizeof(*round));
	return 0;
}

int main(int argc, char **argv)
{
	struct stack stacks[STACKS_MAX] = {0};
	bool together = argc > 6 && strcmp(argv[1], "together") == 0;
	int first = together ? 6 : 4, r;
	size_t count = 0;

	if (!together && (argc < 5 || strcmp(argv[1], "alternate") != 0)) {
		fprintf(stderr, "usage: logins alternate CONFDIR ROUNDS STACK…\n"
				"       logins together CONFDIR PROCESSES SECONDS ROUNDS STACK…\n");
		return 2;
	}
	clearenv(); /* sshd's keyboard-interactive process has no environment either */
	for (int i = first; i < argc && count < STACKS_MAX; i++)
		open_stack(&stacks[count++], argv[i]);
	if (together)
		r = run_together(argv[2], strtoul(argv[3], NULL, 10), atof(argv[4]), atol(argv[5]), stacks, count);
	else
		r = run_alternate(argv[2], atol(argv[3]), stacks, count);
	for (size_t i = 0; i < count; i++)
		close_stack(&stacks[i]);
	return r;
}
