# Completion of weir for bash, from 3.2 on; needs nothing but bash.
# "weir complete -- WORDS" prints a candidate a line, then a colon and the sum of
# 2 (no blank behind it), 4 (no names of files) and 32 (in this order).

_weir() {
    local line=${COMP_LINE:0:COMP_POINT} words=() word rest
    # bash also splits at = and :, so pieces without a blank between them are put together again.
    for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        rest=${line#"${line%%[![:space:]]*}"}
        [[ ${#words[@]} -gt 0 && $rest == "$line" ]] || words+=('')
        [[ $rest == "$word"* ]] || word=$rest # the cursor is inside of this one
        words[${#words[@]}-1]+=$word
        line=${rest#"$word"}
    done

    local last=$((${#words[@]} - 1)) quote='' option='' value
    value=${words[last]}
    [[ $value == --*=* ]] && option=${value%%=*}= value=${value#*=}
    if [[ $value == [\"\']* ]]; then
        quote=${value:0:1} value=${value:1}
    else
        value=${value//\\/}
    fi
    words[last]=$option$value
    # What stands before the last = or : of a value is not replaced.
    local kept=${value%"${value##*[=:]}"}
    [[ -z $quote ]] || kept=''

    local weir=${words[0]} answer candidate about sum=4
    type "$weir" >/dev/null 2>&1 || weir=weir
    answer=$("$weir" complete -- "${words[@]:1}" 2>/dev/null) || return 0
    COMPREPLY=()
    while IFS=$'\t' read -r candidate about; do
        if [[ $candidate == :* ]]; then
            sum=${candidate#:}
        elif [[ $candidate == "$value"* ]]; then
            candidate=${candidate#"$kept"}
            [[ -n $quote || $candidate != *[[:space:]]* ]] || printf -v candidate %q "$candidate"
            COMPREPLY+=("$candidate")
        fi
    done <<<"$answer"

    # bash 3.2 has no compopt; it then puts a blank and its own order.
    ((sum & 2)) && compopt -o nospace 2>/dev/null
    ((sum & 32)) && compopt -o nosort 2>/dev/null
    if ((!(sum & 4))); then
        while IFS= read -r candidate; do
            COMPREPLY+=("$candidate")
        done < <(compgen -f -- "$value")
        compopt -o filenames 2>/dev/null
    fi
    return 0
}
complete -F _weir weir
