namespace KvmActors.Host.Completion;

/// <summary>The scripts that have a shell ask this program how its words go on.</summary>
internal static class CompletionScripts
{
    /// <summary>Each shell's, by its name.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["bash"] = Bash + "\n",
        ["zsh"] = Zsh + "\n",
        ["fish"] = Fish + "\n",
    };

    private const string Bash = """"
        # Completion of kvmactors in bash. In this shell:
        #     source <(kvmactors completion bash)
        # In every one, where bash-completion is installed (elsewhere put the line above into ~/.bashrc):
        #     mkdir -p ~/.local/share/bash-completion/completions
        #     kvmactors completion bash > ~/.local/share/bash-completion/completions/kvmactors

        _kvmactors() {
            local program=$1 rest=${COMP_LINE:0:COMP_POINT} words=() reply=() found=() i word current kind prefix part tail gone line
            COMPREPLY=()
            [[ $program == '~/'* ]] && program=$HOME/${program:2}
            program=$(type -P -- "$program" 2>/dev/null) || program=kvmactors

            # bash takes words apart at = and :, too. What no space parts is one word.
            for ((i = 0; i < COMP_CWORD; i++)); do
                word=${COMP_WORDS[i]}
                if [[ $i -eq 0 || $rest == [[:space:]]* ]]; then
                    words+=("$word")
                else
                    words[-1]+=$word
                fi
                rest=${rest#"${rest%%[![:space:]]*}"}
                rest=${rest#"$word"}
            done
            if [[ $rest == [[:space:]]* ]]; then
                words+=("${rest#"${rest%%[![:space:]]*}"}")
            else
                words[-1]+=$rest
            fi

            mapfile -t reply < <("$program" complete -- "${words[@]:1}" 2>/dev/null </dev/null)
            [[ ${#reply[@]} -gt 0 ]] || return 0
            kind=${reply[0]%% *} prefix=${reply[0]#* } current=${words[-1]}
            part=${current:${#prefix}} tail=$current
            [[ $COMP_WORDBREAKS == *=* ]] && tail=${tail##*=}
            [[ $COMP_WORDBREAKS == *:* ]] && tail=${tail##*:}
            gone=$((${#current} - ${#tail}))
            for line in "${reply[@]:1}"; do
                word=$prefix${line%%$'\t'*}
                COMPREPLY+=("${word:gone}")
            done
            if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
                compopt -o nospace 2>/dev/null
            fi

            case $kind in
                programs) [[ $part == */* ]] || mapfile -t found < <(compgen -c -- "$part" 2>/dev/null) ;;
                files) [[ ${#COMPREPLY[@]} -eq 0 ]] || mapfile -t found < <(compgen -f -- "$part" 2>/dev/null) ;;
            esac
            COMPREPLY+=("${found[@]}")
            case $kind in
                programs | files) compopt -o filenames -o default 2>/dev/null ;;
                folders) compopt -o filenames -o dirnames 2>/dev/null ;;
            esac
            return 0
        }

        complete -F _kvmactors kvmactors
        """";

    private const string Zsh = """"
        #compdef kvmactors
        # Completion of kvmactors in zsh. In this shell, once compinit has run:
        #     source <(kvmactors completion zsh)
        # In every one, put it into a folder of $fpath, before compinit runs in ~/.zshrc:
        #     mkdir -p ~/.zfunc && kvmactors completion zsh > ~/.zfunc/_kvmactors
        #     fpath=(~/.zfunc $fpath); autoload -Uz compinit; compinit

        _kvmactors() {
            local program=${(Q)words[1]} current=${(Q)PREFIX} kind prefix line
            local -a before reply described open
            program=${program/#\~\//$HOME/}
            whence -p -- $program >/dev/null 2>&1 || program=kvmactors
            (( CURRENT > 2 )) && before=("${(@Q)words[2,CURRENT-1]}")
            reply=("${(@f)$($program complete -- "${before[@]}" "$current" 2>/dev/null </dev/null)}")
            [[ -n ${reply[1]} ]] || return 1
            kind=${reply[1]%% *} prefix=${reply[1]#* }
            (( ${#prefix} )) && compset -p ${#prefix}
            for line in "${(@)reply[2,-1]}"; do
                if [[ ${line%%$'\t'*} == *= ]]; then
                    open+=("${line%%$'\t'*}")
                else
                    described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
                fi
            done

            local result=1
            (( $#described )) && _describe -t values 'value' described && result=0
            (( $#open )) && compadd -S '' -a open && result=0
            case $kind in
                programs)
                    [[ $PREFIX == */* ]] || { _command_names -e && result=0; }
                    _files && result=0 ;;
                files) _files && result=0 ;;
                folders) _files -/ && result=0 ;;
            esac
            return result
        }

        if [[ ${funcstack[1]} == _kvmactors ]]; then
            _kvmactors "$@"
        elif (( $+functions[compdef] )); then
            compdef _kvmactors kvmactors
        fi
        """";

    private const string Fish = """"
        # Completion of kvmactors in fish. In this shell:
        #     kvmactors completion fish | source
        # In every one:
        #     kvmactors completion fish > ~/.config/fish/completions/kvmactors.fish

        function __kvmactors_complete
            set -l words (commandline -opc)
            set -l current (commandline -ct)
            set -l program kvmactors
            test -n "$words[1]"; and type -q -- $words[1]; and set program $words[1]
            set -e words[1]
            set -l reply ($program complete -- $words "$current" 2>/dev/null </dev/null)
            set -q reply[1]; or return 0
            set -l head (string split -m 1 ' ' -- $reply[1])
            set -l prefix "$head[2]"
            set -l part (string sub -s (math 1 + (string length -- "$prefix")) -- "$current")
            set -e reply[1]
            for line in $reply
                printf '%s%s\n' "$prefix" $line
            end

            # The name of no command: fish completes its arguments with files.
            set -l found
            switch $head[1]
                case programs
                    string match -q '*/*' -- "$part"; or set found (complete -C "$part")
                    set -a found (complete -C "__kvmactors_no_command $part")
                case files
                    set found (complete -C "__kvmactors_no_command $part")
                case folders
                    set found (complete -C "__kvmactors_no_command $part" | string match -r '.*/$')
            end
            for line in $found
                printf '%s%s\n' "$prefix" $line
            end
            return 0
        end

        complete -c kvmactors -f -a '(__kvmactors_complete)'
        """";
}
