# Completion for bash. Installed as mlsensor in bash-completion's folder, or sourced.
_mlsensor() {
  # Not COMP_WORDS: bash splits those at colons.
  local line=${COMP_LINE:0:COMP_POINT} cur= command= uri= word reply
  local -a words
  read -ra words <<<"$line"
  if [[ $line != *[[:space:]] ]]; then
    cur=${words[-1]}
    unset 'words[-1]'
  fi
  local -i skip=0
  for word in "${words[@]:1}"; do
    case $word in
      --timeout | --for) skip=2 ;;
      -*) ;;
      *) if ((skip == 0)); then
           if [[ -z $command ]]; then command=$word; else uri=$word; fi
         fi ;;
    esac
    ((skip > 0)) && skip=skip-1
  done

  local commands="scan info read watch get set commit revert factory-reset selftest datasheet models"
  local config="high_threshold_permille low_threshold_permille average_count consecutive_count on_delay_ms off_delay_ms
    refractory_ms min_report_interval_ms stale_after_ms report orientation interrupt_mode power_mode period_ms"
  local windows="ident status result events event_data config control power privacy selftest identity firmware_hash
    model_hash datasheet_hash label crash soft_address"
  local options="--json --timeout --help"
  case $command in
    "") options+=" --version" ;;
    scan) options+=" --all-addresses" ;;
    watch) options+=" --for --plain" ;;
    commit) options+=" --store" ;;
    models) options="--json --help --to --from --timeout --data --model --manifest --scores --ignore-envelope --output --arena" ;;
  esac

  local datasheet="init import generate render export footprint validate lint score compare diff key sign check measure verify energy"

  COMPREPLY=()
  if [[ $command == datasheet ]]; then
    COMPREPLY=($(compgen -f -W "$datasheet" -- "$cur"))
    return
  elif ((skip > 0)); then  # The value of an option.
    COMPREPLY=($(compgen -W "500ms 1s 2s 10s 1m 1h" -- "$cur"))
  elif [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  elif [[ -z $command ]]; then
    COMPREPLY=($(compgen -W "$commands" -- "$cur"))
  elif [[ $command == models && -z $uri ]]; then
    COMPREPLY=($(compgen -W "list install verify template check evaluate" -- "$cur"))
  elif [[ $command == @(datasheet|models) ]]; then
    COMPREPLY=($(compgen -f -- "$cur"))
    compopt -o filenames 2>/dev/null
  elif [[ -n $uri && $command == get ]]; then
    COMPREPLY=($(compgen -W "$windows $config" -- "$cur"))
  elif [[ -n $uri && $command == set ]]; then
    COMPREPLY=($(compgen -S = -W "$config" -- "$cur"))
    compopt -o nospace 2>/dev/null
  elif [[ -z $uri || $command == @(scan|watch) ]]; then
    case $cur in
      unix:*) COMPREPLY=($(compgen -P unix: -f -- "${cur#unix:}")) ;;
      serial:*) COMPREPLY=($(compgen -P serial: -W "$(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -G '/dev/serial/by-id/*')" -- "${cur#serial:}")) ;;
      i2c:*) COMPREPLY=($(compgen -P i2c: -W "$(compgen -G '/dev/i2c-*' | sed 's/.*-//')" -- "${cur#i2c:}")) ;;
      tcp:*) ;;
      *) COMPREPLY=($(compgen -W "i2c: serial: unix: tcp:" -- "$cur")) ;;
    esac
    compopt -o nospace 2>/dev/null
  fi
  # bash replaces only what stands behind the last of these.
  local prefix=${cur%"${cur##*[:=@]}"}
  for reply in "${!COMPREPLY[@]}"; do COMPREPLY[reply]=${COMPREPLY[reply]#"$prefix"}; done
}
complete -F _mlsensor mlsensor
