#include "tools/simulator/page.h"
#include "tools/simulator/page_files.h"

#include <string.h>

static const struct file {
	const char *path;
	const char *type;
	const unsigned char *data;
	const size_t *size;
} files[] = {
	{"/", "text/html; charset=utf-8", page_html, &page_html_size},
	{"/phone.css", "text/css; charset=utf-8", page_css, &page_css_size},
	{"/phone.js", "text/javascript; charset=utf-8", page_js, &page_js_size},
	{"/phone.svg", "image/svg+xml", page_svg, &page_svg_size},
};

static const struct file *file_find(const char *path)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i].path, path) == 0)
			return &files[i];
	return NULL;
}

bool page_matches(const char *path)
{
	return file_find(path) != NULL;
}

void page_answer(struct simulator *simulator, const struct request *request, struct answer *answer)
{
	const struct file *file = file_find(request->path);

	(void)simulator;
	if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)
		return answer_refuse(answer, 405, "only GET is known");
	answer->status = 200;
	answer->type = file->type;
	answer->page = file->data;
	answer->size = *file->size;
}
