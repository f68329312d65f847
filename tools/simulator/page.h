/* The phone in a browser: phone.html, phone.css and phone.js, put into the program when it is built. */
#pragma once

#include "tools/simulator/answer.h"
#include "tools/simulator/request.h"
#include "tools/simulator/simulator.h"

bool page_matches(const char *path);
void page_answer(struct simulator *simulator, const struct request *request, struct answer *answer);
