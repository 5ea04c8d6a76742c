# Completion for fish.
set -l commands scan info read watch get set commit revert factory-reset selftest datasheet models
set -l config high_threshold_permille low_threshold_permille average_count consecutive_count on_delay_ms off_delay_ms \
    refractory_ms min_report_interval_ms stale_after_ms report orientation interrupt_mode power_mode period_ms
set -l windows ident status result events event_data config control power privacy selftest identity firmware_hash \
    model_hash datasheet_hash label crash soft_address
set -l none "not __fish_seen_subcommand_from $commands"
complete -c mlsensor -f
complete -c mlsensor -l json -d 'One JSON object per line'
complete -c mlsensor -l timeout -x -a '500ms 1s 2s 10s' -d 'Longest time for one request'
complete -c mlsensor -s h -l help -d 'Print help'
complete -c mlsensor -n $none -l version -d 'Print the version'
complete -c mlsensor -n $none -a scan -d 'Find modules'
complete -c mlsensor -n $none -a info -d 'Who and how it is'
complete -c mlsensor -n $none -a read -d 'The latest result'
complete -c mlsensor -n $none -a watch -d 'Live view or log of events'
complete -c mlsensor -n $none -a get -d 'Registers by name'
complete -c mlsensor -n $none -a set -d 'Stage configuration values'
complete -c mlsensor -n $none -a commit -d 'Make the staged configuration active'
complete -c mlsensor -n $none -a revert -d 'Give the staged configuration up'
complete -c mlsensor -n $none -a factory-reset -d 'The configuration it was made with'
complete -c mlsensor -n $none -a selftest -d 'Run the self-test'
complete -c mlsensor -n $none -a datasheet -d 'Make, measure, check, verify and sign datasheets'
complete -c mlsensor -n $none -a models -d 'Model zoo, checks and evaluation of models'
complete -c mlsensor -n '__fish_seen_subcommand_from datasheet' -F -a 'init import generate render export footprint validate lint score compare diff key sign check measure verify energy'
complete -c mlsensor -n '__fish_seen_subcommand_from models' -F -a 'list install verify template check evaluate'
complete -c mlsensor -n '__fish_seen_subcommand_from scan' -l all-addresses -d 'All I2C addresses'
complete -c mlsensor -n '__fish_seen_subcommand_from watch' -l for -x -a '10s 1m 1h' -d 'End after this time'
complete -c mlsensor -n '__fish_seen_subcommand_from watch' -l plain -d 'A log on a terminal too'
complete -c mlsensor -n '__fish_seen_subcommand_from commit' -l store -d 'Keep it without power too'
complete -c mlsensor -n "__fish_seen_subcommand_from $commands" -a 'i2c: serial: unix: tcp:'
complete -c mlsensor -n '__fish_seen_subcommand_from get' -a "$windows $config"
complete -c mlsensor -n '__fish_seen_subcommand_from set' -a "$config="
