#include "daemon/base/config.h"

#include "daemon/base/config_rules.h"
#include "daemon/base/config_schema.h"
#include "daemon/base/config_value.h"
#include "daemon/base/secret.h"
#include "wire/proto.h"

#include <confuse.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_FILE_MAX (1024 * 1024)

/* libconfuse's error callback has no argument of ours; only the first error of a load is kept. */
static __thread char *error_sink;
static __thread const char *parsed_path; /* while a file is parsed: libconfuse knows it in titled sections only */

static void keep_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void keep_error(const char *format, ...)
{
	va_list args;

	if (!error_sink || error_sink[0])
		return;
	va_start(args, format);
	vsnprintf(error_sink, CONFIG_WHY_MAX, format, args);
	va_end(args);
}

static void on_error(cfg_t *cfg, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void on_error(cfg_t *cfg, const char *format, va_list args)
{
	char what[CONFIG_WHY_MAX - 128];

	vsnprintf(what, sizeof(what), format, args);
	keep_error("%s:%d: %s", parsed_path ? parsed_path : cfg->filename, cfg->line, what);
}

/* Values */

/* A secret that stands in the file by mistake must not reach a log through the error. */
static bool value_may_be_shown(const struct config_field *f)
{
	return f->kind != CONFIG_SECRET;
}

static int check_value(cfg_t *cfg, const struct config_field *f, const char *value)
{
	const char *error = config_value_error(f, value);

	if (!error)
		return 0;
	if (value_may_be_shown(f))
		cfg_error(cfg, "%s: \"%s\" %s", f->key, value, error);
	else
		cfg_error(cfg, "%s: %s", f->key, error);
	return -1;
}

static const struct config_section *find_section(const char *name)
{
	for (size_t i = 0; i < config_section_count; i++)
		if (strcmp(config_sections[i].name, name) == 0)
			return &config_sections[i];
	return NULL;
}

static size_t most_values(const struct config_field *f)
{
	if (f->kind == CONFIG_RATES)
		return CONFIG_RATES_MAX;
	return f->kind == CONFIG_SECONDS ? CONFIG_COOLDOWN_MAX : SIZE_MAX;
}

/* Called by libconfuse at each value, so that an error has its line. */
static int check_option(cfg_t *cfg, cfg_opt_t *opt)
{
	const struct config_section *section = find_section(cfg->name);
	const struct config_field *f = section->fields;
	unsigned last = cfg_opt_size(opt) - 1;

	while (strcmp(f->key, opt->name) != 0)
		f++;
	if (f->kind == CONFIG_BOOL)
		return 0;
	if (f->kind == CONFIG_INT) {
		long n = cfg_opt_getnint(opt, last);

		if (n >= f->least && n <= f->most)
			return 0;
		cfg_error(cfg, "%s: %ld is not between %lld and %lld", f->key, n, (long long)f->least,
			  (long long)f->most);
		return -1;
	}
	if (last >= most_values(f)) {
		cfg_error(cfg, "%s: at most %zu values", f->key, most_values(f));
		return -1;
	}
	return check_value(cfg, f, cfg_opt_getnstr(opt, last));
}

/* Called at a section's end: for what is found wrong later, a titled one knows its file, any other the last one. */
static int remember_file(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);

	(void)cfg;
	free(section->filename);
	section->filename = strdup(parsed_path);
	return 0;
}

/* The parser's options */

static bool is_list(const struct config_field *f)
{
	switch (f->kind) {
	case CONFIG_LIST:
	case CONFIG_RATES:
	case CONFIG_SECONDS:
	case CONFIG_PREFIXES:
	case CONFIG_BLOCKS:
		return true;
	default:
		return false;
	}
}

static cfg_opt_t option_of(const struct config_field *f)
{
	/* libconfuse does not write to the default of a list, though its type is char *. */
	char *text = (char *)(uintptr_t)f->text;

	if (is_list(f))
		return (cfg_opt_t)CFG_STR_LIST(f->key, text, CFGF_NONE);
	if (f->kind == CONFIG_INT)
		return (cfg_opt_t)CFG_INT(f->key, (long)f->number, CFGF_NONE);
	if (f->kind == CONFIG_BOOL)
		return (cfg_opt_t)CFG_BOOL(f->key, f->number ? cfg_true : cfg_false, CFGF_NONE);
	return (cfg_opt_t)CFG_STR(f->key, f->kind == CONFIG_CHOICE ? f->names[0] : text, CFGF_NONE);
}

static cfg_opt_t *section_options(const struct config_section *section)
{
	cfg_opt_t *options = calloc(section->field_count + 1, sizeof(*options));

	if (!options)
		return NULL;
	for (size_t i = 0; i < section->field_count; i++)
		options[i] = option_of(&section->fields[i]);
	options[section->field_count] = (cfg_opt_t)CFG_END();
	return options;
}

static cfg_t *new_tree(void)
{
	cfg_opt_t root[16] = {0};
	cfg_opt_t *options[16] = {0};
	cfg_t *tree = NULL;
	bool complete = true;

	for (size_t i = 0; i < config_section_count; i++) {
		cfg_flag_t flags =
			config_sections[i].count_offset ? CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES : CFGF_NONE;

		options[i] = section_options(&config_sections[i]);
		complete = complete && options[i];
		root[i] = (cfg_opt_t)CFG_SEC(config_sections[i].name, options[i], flags);
	}
	root[config_section_count] = (cfg_opt_t)CFG_END();
	if (complete)
		tree = cfg_init(root, CFGF_NONE); /* copies the options */
	for (size_t i = 0; i < config_section_count; i++)
		free(options[i]);
	if (!tree)
		return NULL;
	cfg_set_error_function(tree, on_error);
	for (size_t i = 0; i < config_section_count; i++) {
		cfg_set_validate_func(tree, config_sections[i].name, remember_file);
		for (size_t k = 0; k < config_sections[i].field_count; k++) {
			char name[80];

			snprintf(name, sizeof(name), "%s|%s", config_sections[i].name,
				 config_sections[i].fields[k].key);
			cfg_set_validate_func(tree, name, check_option);
		}
	}
	return tree;
}

/* Files */

/*
 * libconfuse counts the lines of a comment twice: it gets blanks in their place. And it takes the end of the file for
 * the end of every open section; a file cut short must not be half a config.
 */
static int tidy(const char *path, char *text)
{
	int depth = 0, line = 1;
	char quote = '\0';
	enum { CODE, LINE_COMMENT, BLOCK_COMMENT } in = CODE;

	for (char *s = text; *s; s++) {
		if (*s == '\n') {
			line++;
			in = in == LINE_COMMENT ? CODE : in;
		} else if (in == BLOCK_COMMENT) {
			if (s[0] == '*' && s[1] == '/') {
				in = CODE;
				*s++ = ' ';
			}
			*s = ' ';
		} else if (in == LINE_COMMENT) {
			*s = ' ';
		} else if (quote) {
			if (*s == '\\' && s[1] && s[1] != '\n')
				s++;
			else if (*s == quote)
				quote = '\0';
		} else if (*s == '"' || *s == '\'') {
			quote = *s;
		} else if (*s == '#' || (s[0] == '/' && s[1] == '/')) {
			in = LINE_COMMENT;
			*s = ' ';
		} else if (s[0] == '/' && s[1] == '*') {
			in = BLOCK_COMMENT;
			*s++ = ' ';
			*s = ' ';
		} else {
			depth += (*s == '{') - (*s == '}');
		}
	}
	if (depth == 0 && !quote && in != BLOCK_COMMENT)
		return 0;
	keep_error("%s:%d: the file ends inside a section, a string or a comment", path, line);
	return -EINVAL;
}

static int check_owner(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		keep_error("%s: is not a regular file", path);
	else if (st.st_uid != 0 && st.st_uid != geteuid())
		keep_error("%s: belongs to another user: chown it to root", path);
	else if (st.st_mode & 022)
		keep_error("%s: can be written by others: chmod go-w", path);
	else if (st.st_size > CONFIG_FILE_MAX)
		keep_error("%s: is larger than 1 MiB", path);
	else
		return 0;
	return -EPERM;
}

/* The file's text, for free(). */
static int read_file(const char *path, char **ret)
{
	size_t used = 0;
	ssize_t n = 1;
	char *text;
	int r, fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		r = -errno;
		keep_error("%s: %s", path, r == -ELOOP ? "is a symbolic link" : strerror(-r));
		return r;
	}
	r = check_owner(fd, path);
	text = r == 0 ? malloc(CONFIG_FILE_MAX + 1) : NULL;
	if (r == 0 && !text)
		r = -ENOMEM;
	while (r == 0 && n > 0 && used < CONFIG_FILE_MAX) {
		n = TEMP_FAILURE_RETRY(read(fd, text + used, CONFIG_FILE_MAX - used));
		if (n < 0)
			r = -errno;
		else
			used += (size_t)n;
	}
	close(fd);
	if (r < 0) {
		keep_error("%s: %s", path, strerror(-r));
		free(text);
		return r;
	}
	text[used] = '\0';
	if (strlen(text) < used) { /* what follows it would be lost without a word */
		keep_error("%s: holds a NUL byte", path);
		free(text);
		return -EINVAL;
	}
	*ret = text;
	return 0;
}

static int parse_text(cfg_t *tree, const char *path, char *text)
{
	FILE *stream;
	int r = tidy(path, text);

	if (r < 0 || !*text)
		return r;
	stream = fmemopen(text, strlen(text), "r");
	if (!stream)
		return -errno;
	free(tree->filename);
	tree->filename = strdup(path);
	parsed_path = path;
	r = cfg_parse_fp(tree, stream);
	parsed_path = NULL;
	fclose(stream);
	if (r == CFG_SUCCESS)
		return 0;
	keep_error("%s: cannot be parsed", path);
	return -EINVAL;
}

static int parse_file(cfg_t *tree, const char *path)
{
	char *text = NULL;
	int r = read_file(path, &text);

	if (r < 0)
		return r;
	r = parse_text(tree, path, text);
	free(text);
	return r;
}

static int is_conf(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + n - 5, ".conf") == 0;
}

static int parse_directory(cfg_t *tree, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct dirent **entries = NULL;
	char *directory, *file;
	int n, r = 0;

	if (asprintf(&directory, "%.*sconf.d", slash ? (int)(slash - path + 1) : 0, path) < 0)
		return -ENOMEM;
	n = scandir(directory, &entries, is_conf, alphasort);
	if (n < 0 && errno != ENOENT) {
		r = -errno;
		keep_error("%s: %s", directory, strerror(-r));
	}
	for (int i = 0; i < n; i++) {
		if (r == 0 && asprintf(&file, "%s/%s", directory, entries[i]->d_name) < 0)
			r = -ENOMEM;
		else if (r == 0) {
			r = parse_file(tree, file);
			free(file);
		}
		free(entries[i]);
	}
	free(entries);
	free(directory);
	return r;
}

/* From the tree into the structs */

static int copy_list(cfg_t *cfg, const char *key, char ***ret)
{
	unsigned n = cfg_size(cfg, key);

	*ret = calloc(n + 1, sizeof(char *));
	if (!*ret)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		(*ret)[i] = cfg_getnstr(cfg, key, i);
	return 0;
}

static void copy_rates(cfg_t *cfg, const char *key, struct config_rates *ret)
{
	ret->count = cfg_size(cfg, key);
	for (unsigned i = 0; i < ret->count; i++)
		(void)config_rate(cfg_getnstr(cfg, key, i), &ret->rate[i]);
}

static void copy_cooldown(cfg_t *cfg, const char *key, struct config_limits *ret)
{
	ret->resend_cooldown_count = cfg_size(cfg, key);
	for (unsigned i = 0; i < ret->resend_cooldown_count; i++)
		ret->resend_cooldown[i] = config_duration(cfg_getnstr(cfg, key, i));
}

static int copy_field(cfg_t *cfg, const struct config_field *f, void *base)
{
	void *to = (char *)base + f->offset;

	switch (f->kind) {
	case CONFIG_INT:
		*(int64_t *)to = cfg_getint(cfg, f->key);
		return 0;
	case CONFIG_BOOL:
		*(bool *)to = cfg_getbool(cfg, f->key) == cfg_true;
		return 0;
	case CONFIG_CHOICE:
		*(int *)to = config_name_index(f->names, cfg_getstr(cfg, f->key));
		return 0;
	case CONFIG_LIST:
	case CONFIG_PREFIXES:
	case CONFIG_BLOCKS:
		return copy_list(cfg, f->key, to);
	case CONFIG_RATES:
		copy_rates(cfg, f->key, to);
		return 0;
	case CONFIG_SECONDS:
		copy_cooldown(cfg, f->key, base);
		return 0;
	case CONFIG_MONEY:
		if (*cfg_getstr(cfg, f->key))
			(void)config_money(cfg_getstr(cfg, f->key), to);
		return 0;
	case CONFIG_RESERVED:
		return 0;
	default:
		*(char **)to = cfg_getstr(cfg, f->key);
		return 0;
	}
}

static int copy_section(cfg_t *cfg, const struct config_section *section, void *base)
{
	int r = 0;

	for (size_t i = 0; i < section->field_count && r == 0; i++)
		r = copy_field(cfg, &section->fields[i], base);
	return r;
}

static int copy_titled(cfg_t *tree, const struct config_section *section, struct config *config)
{
	unsigned n = cfg_size(tree, section->name);
	/* One more than there are: config_complete() may add "default". */
	char *array = calloc(n + 1, section->size);
	int r = 0;

	if (!array)
		return -ENOMEM;
	*(char **)((char *)config + section->offset) = array;
	*(size_t *)((char *)config + section->count_offset) = n;
	for (unsigned i = 0; i < n && r == 0; i++) {
		cfg_t *one = cfg_getnsec(tree, section->name, i);
		char *base = array + i * section->size;

		*(const char **)base = cfg_title(one);
		r = copy_section(one, section, base);
	}
	return r;
}

static int copy_tree(cfg_t *tree, struct config *config)
{
	int r = 0;

	for (size_t i = 0; i < config_section_count && r == 0; i++) {
		const struct config_section *section = &config_sections[i];

		if (section->count_offset)
			r = copy_titled(tree, section, config);
		else if (section->size)
			r = copy_section(cfg_getsec(tree, section->name), section, (char *)config + section->offset);
	}
	for (size_t i = 0; i < config->channel_count; i++) {
		cfg_t *one = cfg_getnsec(tree, "channel", (unsigned)i);

		config->channels[i].file = one->filename;
		config->channels[i].line = one->line;
	}
	for (size_t i = 0; i < config->text_count; i++) {
		cfg_t *one = cfg_getnsec(tree, "text", (unsigned)i);

		config->texts[i].file = one->filename;
		config->texts[i].line = one->line;
	}
	config->webhook.file = cfg_getsec(tree, "webhook")->filename;
	config->webhook.line = cfg_getsec(tree, "webhook")->line;
	return r;
}

/* Moves the element whose name is "default" behind the others; their order stays. Returns false if there is none. */
static bool default_last(void *array, size_t count, size_t size)
{
	char *base = array, keep[512];

	for (size_t i = 0; i < count; i++)
		if (strcmp(*(char **)(base + i * size), "default") == 0) {
			memcpy(keep, base + i * size, size);
			memmove(base + i * size, base + (i + 1) * size, (count - i - 1) * size);
			memcpy(base + (count - 1) * size, keep, size);
			return true;
		}
	return false;
}

/* "default" always exists: without a section it has the defaults of every key; a route sends by all channels. */
static int add_defaults(struct config *config)
{
	static char name[] = "default";
	int r = 0;

	_Static_assert(sizeof(struct config_policy) <= 512 && sizeof(struct config_route) <= 512,
		       "default_last's buffer");
	if (!default_last(config->policies, config->policy_count, sizeof(*config->policies))) {
		cfg_opt_t *options = section_options(find_section("policy"));
		cfg_t *plain = options ? cfg_init(options, CFGF_NONE) : NULL;
		struct config_policy *policy = &config->policies[config->policy_count];

		free(options);
		if (!plain)
			return -ENOMEM;
		policy->name = name;
		config->policy_count++;
		r = copy_section(plain, find_section("policy"),
				 policy); /* the defaults hold no string of the plain tree */
		cfg_free(plain);
	}
	if (r == 0 && !default_last(config->routes, config->route_count, sizeof(*config->routes))) {
		struct config_route *route = &config->routes[config->route_count++];

		*route = (struct config_route){
			.name = name, .fallback_after = 25, .fallback_least = 15, .fallback_most = 60};
		route->countries = calloc(1, sizeof(char *));
		route->channels = calloc(config->channel_count + 1, sizeof(char *));
		if (!route->countries || !route->channels)
			return -ENOMEM;
		for (size_t i = 0, n = 0; i < config->channel_count; i++)
			if (config->channels[i].kind != CHANNEL_VOICE) /* calls nobody unless a route says so */
				route->channels[n++] = config->channels[i].name;
	}
	return r;
}

static int complete(cfg_t *tree, struct config *config)
{
	int r = copy_tree(tree, config);

	if (r == 0)
		r = config_check_rules(tree, config);
	if (r == 0)
		r = add_defaults(config);
	return r == 0 ? config_add_warnings(tree, config) : r;
}

int config_load(const char *path, struct config **ret, char why[static CONFIG_WHY_MAX])
{
	struct config *config = calloc(1, sizeof(*config));
	int r = -ENOMEM;

	why[0] = '\0';
	error_sink = why;
	if (config) {
		config->references = 1;
		config->tree = new_tree();
		if (config->tree)
			r = parse_file(config->tree, path);
		if (r == 0)
			r = parse_directory(config->tree, path);
		if (r == 0)
			r = complete(config->tree, config);
	}
	if (r < 0) {
		keep_error("%s: %s", path, strerror(-r));
		config_unref(config);
		config = NULL;
	}
	error_sink = NULL;
	*ret = config;
	return r;
}

struct config *config_ref(struct config *config)
{
	__atomic_add_fetch(&config->references, 1, __ATOMIC_RELAXED);
	return config;
}

static void free_lists(const struct config_section *section, void *base)
{
	for (size_t i = 0; i < section->field_count; i++)
		if (section->fields[i].kind == CONFIG_LIST || section->fields[i].kind == CONFIG_PREFIXES ||
		    section->fields[i].kind == CONFIG_BLOCKS)
			free(*(char ***)((char *)base + section->fields[i].offset));
}

void config_unref(struct config *config)
{
	if (!config || __atomic_sub_fetch(&config->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	for (size_t s = 0; s < config_section_count; s++) {
		const struct config_section *section = &config_sections[s];
		char *base = (char *)config + section->offset;

		if (!section->count_offset) {
			if (section->size)
				free_lists(section, base);
			continue;
		}
		base = *(char **)base;
		for (size_t i = 0; base && i < *(size_t *)((char *)config + section->count_offset); i++)
			free_lists(section, base + i * section->size);
		free(base);
	}
	for (char **warning = config->warnings; warning && *warning; warning++)
		free(*warning);
	free(config->warnings);
	if (config->tree)
		cfg_free(config->tree);
	free(config);
}
